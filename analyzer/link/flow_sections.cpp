// Flow: atomic sections, and flags and tickets that serve as locks.
//
// All atomic sections of a program exclude one another: they are one lock without a name. Under a
// lock, or within a section, `if (busy == 0) busy = 1;` makes what follows exclusive until somebody
// writes `busy = 0`; so does `while (serving != ticket);` with a ticket that a counter has given out
// once. Such holds are soft: they keep accesses apart, and are left out of lock orders and leaks.
#include <algorithm>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/flow.h"

namespace gridlock::link {

bool Flow::isSection(Index symbol) const {
  if (symbol == kNone) return false;
  const Model* known = context_.models.find(program_.symbols[symbol].qualified);
  return known && known->front().op == Op::Section;
}

bool Flow::isSetting(SymId content) const {
  const Sym& s = syms_[content];
  return s.kind == SymKind::Load && syms_[s.a].kind == SymKind::Global &&
         context_.state_flags.isSetting(syms_[s.a].a);
}

SymId Flow::sectionLock() { return syms_.make(SymKind::Global, context_.section); }

void Flow::openSection(Gid gid, State& state) {
  const SymId lock = sectionLock();
  for (Held& held : state.locks) {
    if (held.lock != lock) continue;
    if (held.count < 4) ++held.count;
    held.maybe = false;
    return;
  }
  lookAgain(state);
  Held held;
  held.lock = lock;
  held.soft = true;
  held.at = held.primitive = gid;
  state.locks.push_back(held);
}

void Flow::closeSection(State& state) {
  const SymId lock = sectionLock();
  auto held =
      std::find_if(state.locks.begin(), state.locks.end(), [&](const Held& h) { return h.lock == lock; });
  state.idle.clear();
  if (held == state.locks.end()) return;
  if (--held->count == 0) state.locks.erase(held);
}

Held* Flow::holdSoft(SymId lock, Gid gid, State& state, Mode mode) {
  const bool known =
      std::any_of(state.locks.begin(), state.locks.end(), [&](const Held& h) { return h.lock == lock; });
  if (known || state.locks.size() >= kLocksHeld) return nullptr;
  Held held;
  held.lock = lock;
  held.soft = true;
  held.mode = mode;
  held.at = held.primitive = gid;
  state.locks.push_back(held);
  std::erase(state.rest.cleared, lock);
  return &state.locks.back();
}

// With a flag goes what it has kept out: readers that were counted.
void Flow::dropSoft(SymId lock, State& state) {
  auto held = std::find_if(state.locks.begin(), state.locks.end(),
                           [&](const Held& h) { return h.soft && h.lock == lock; });
  if (held == state.locks.end()) return;
  const Gid taken = held->primitive;
  std::erase_if(state.locks, [&](const Held& h) {
    const Sym& s = syms_[h.lock];
    const bool readers = s.kind == SymKind::Field && s.b == context_.readers_field;
    return h.soft && (h.lock == lock || (readers && h.primitive == taken));
  });
}

// A semaphore is posted that was not waited for: it takes along the permit that this thread has.
void Flow::passPermit(State& state) const {
  auto held = std::find_if(state.locks.rbegin(), state.locks.rend(), [](const Held& h) { return h.permit; });
  if (held != state.locks.rend()) state.locks.erase(std::next(held).base());
}

// `if (pthread_barrier_wait(&b) == PTHREAD_BARRIER_SERIAL_THREAD)`: one thread, until it comes to the barrier
// again.
void Flow::takeTurn(SymId value, State& state) {
  const Sym s = syms_[value];
  if (s.kind != SymKind::Result || s.a < info_.first_gid ||
      s.a - info_.first_gid >= body_.instructions.size())
    return;
  const facts::Instruction& in = body_.instructions[s.a - info_.first_gid];
  if (in.kind != facts::InstructionKind::Call || in.args.empty() || in.callee == kNone ||
      unit_.values[in.callee].kind != facts::ValueKind::Function)
    return;
  const Model* known =
      context_.models.find(program_.symbols[info_.map->symbols[unit_.values[in.callee].index]].qualified);
  if (!known || known->front().op != Op::Barrier) return;
  holdSoft(syms_.field(evalValue(in.args[0], state), context_.owned_field), s.a, state);
}

// Under a lock, `if (!writing) ++readers;` keeps out who sets `writing` where there are no readers, until
// `--readers`.
void Flow::countReader(SymId address, facts::ValueId value, Gid gid, State& state) {
  if (value == kNone || state.locks.empty()) return;
  const facts::Value& sum = unit_.values[value];
  if (sum.kind != facts::ValueKind::Arithmetic || sum.left == kNone || sum.right == kNone) return;
  const facts::Value &left = unit_.values[sum.left], &right = unit_.values[sum.right];
  if (left.kind != facts::ValueKind::Load || right.kind != facts::ValueKind::Constant) return;
  const bool add = sum.number == static_cast<std::int64_t>(facts::Arithmetic::Add);
  if (!add && sum.number != static_cast<std::int64_t>(facts::Arithmetic::Subtract)) return;
  const std::int64_t step = add ? right.number : -right.number;
  if ((step != 1 && step != -1) || !context_.state_flags.counts(writeKey(syms_, address))) return;
  if (addressOf(left.index, state) != address) return;
  const SymId readers = syms_.field(address, context_.readers_field);
  if (step < 0) {
    const auto held = std::find_if(state.locks.begin(), state.locks.end(),
                                   [&](const Held& h) { return h.soft && h.lock == readers; });
    if (held != state.locks.end())
      state.locks.erase(held);
    else if (paramsOnly(readers) && state.rest.cleared.size() < 8)
      addSorted(state.rest.cleared, readers);
    return;
  }
  const bool open = std::any_of(state.idle.begin(), state.idle.end(), [&](SymId flag) {
    return flag != address && context_.state_flags.contains(writeKey(syms_, flag));
  });
  if (!open) return;
  const bool section = std::any_of(state.locks.begin(), state.locks.end(),
                                   [&](const Held& h) { return h.lock == sectionLock(); });
  if (Held* held = holdSoft(readers, gid, state, Mode::Shared)) held->weak = !section;
}

// Takes it that a fact is so of `sym`; false: it cannot be.
bool Flow::holds(SymId sym, const Fact& fact, State& state) {
  return fact.value == 0 ? assume(sym, !fact.equal, state) : assumeEqual(sym, fact.equal, fact.value, state);
}

// A flag is 0, and nobody can set it before the lock is dropped under which it was looked at.
void Flow::foundIdle(SymId value, State& state) const {
  if (syms_[value].kind != SymKind::Load || syms_.hasStale(value)) return;
  const SymId address = syms_[value].a;
  const SymKind root = syms_[syms_.rootOf(address)].kind;
  if (root == SymKind::Local || root == SymKind::ParamSlot || root == SymKind::ResultSlot) return;
  const bool locked = std::any_of(state.locks.begin(), state.locks.end(), [&](const Held& h) {
    return !h.maybe && h.mode == Mode::Exclusive &&
           (!h.soft || (syms_[h.lock].kind == SymKind::Global && syms_[h.lock].a == context_.section));
  });
  if (locked) addSorted(state.idle, address);
}

void Flow::takeFlag(SymId address, SymId value, Gid gid, State& state) {
  const auto number = constantOf(value, state);
  if (!number || state.locks.empty()) return;
  const std::uint64_t key = writeKey(syms_, address);
  const bool section = std::any_of(state.locks.begin(), state.locks.end(),
                                   [&](const Held& h) { return h.lock == sectionLock(); });
  if (!section && !context_.state_flags.contains(key)) return;
  auto hold = [&](SymId lock) {
    if (Held* held = holdSoft(lock, gid, state)) held->weak = !section;
  };
  if (*number == 0) {
    clearFlag(address, value, state);
  } else if (std::binary_search(state.idle.begin(), state.idle.end(), address)) {
    for (SymId other : state.idle) {
      const std::uint64_t counter = writeKey(syms_, other);
      if (other != address && context_.state_flags.counts(counter))
        hold(syms_.field(other, context_.readers_field));
    }
    std::erase(state.idle, address);
    hold(address);
  }
}

// Whether memory may be at a call what the callee's way needs. `idle`: the flags that it has found 0, where
// it looks and sets in one go.
bool Flow::meets(const Summary& callee, const Outcome& outcome, Gid gid, const std::vector<SymId>& args,
                 State& source, std::vector<SymId>& idle) {
  State probe = source;
  if (callee.section) openSection(gid, probe);
  for (const Fact& fact : outcome.needs) {
    const SymId sym = substitute(fact.sym, gid, args, source);
    if (!holds(sym, fact, probe)) return false;
  }
  idle = std::move(probe.idle);
  return true;
}

// A number that an atomic counter of this function has given out: nobody else has it.
bool Flow::isTicket(SymId value) const {
  const Sym& s = syms_[value];
  if (s.kind != SymKind::Result || s.a < info_.first_gid ||
      s.a - info_.first_gid >= body_.instructions.size())
    return false;
  const facts::Instruction& in = body_.instructions[s.a - info_.first_gid];
  return in.kind == facts::InstructionKind::ReadWrite && (in.flags & facts::kInstrAtomic);
}

void Flow::takeTicket(SymId left, SymId right, State& state) {
  if (isTicket(left)) std::swap(left, right);
  if (!isTicket(right) || syms_[left].kind != SymKind::Load) return;
  const SymId address = syms_[left].a;
  if (!read_atomically_.count(address)) return;
  const facts::Instruction& counter = body_.instructions[syms_[right].a - info_.first_gid];
  if (counter.path != kNone && addressOf(counter.path, state) == address) return;
  holdSoft(address, syms_[right].a, state);
}

}  // namespace gridlock::link
