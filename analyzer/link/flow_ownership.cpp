// Flow: whose an object is.
//
// What leaves a shared place under a lock is this thread's own, until it is stored in one again: an element
// unlinked from a list, all of a list whose head is reset, a slot of a ring, a number out of a counter. A
// function that is called with the lock held unlinks for its caller. Who drops the last reference has the
// object for itself, too.
//
// Only what can be seen to leave counts: `place = item->next` where `place` led to the item. That a list
// holds an element once, and no other list does, is assumed.
#include <algorithm>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/flow.h"

namespace gridlock::link {

namespace {

bool locked(const State& state) {
  return std::any_of(state.locks.begin(), state.locks.end(), [](const Held& h) { return !h.maybe; });
}

}  // namespace

// In which critical sections (by where they begin; 0: the caller's) an address is read.
void Flow::noteRead(SymId address, const State& state) {
  const SymKind root = syms_[syms_.rootOf(address)].kind;
  if (root == SymKind::Local || root == SymKind::ParamSlot || root == SymKind::ResultSlot) return;
  std::set<Gid>& where = read_under_[address];
  for (const Held& held : state.locks) where.insert(held.at);
  if (state.locks.empty()) where.insert(0);
}

// This thread's own from now on; where only the caller can have a lock, it is for the caller to say.
void Flow::noteFound(SymId value, State& state) const {
  addSorted(locked(state) ? state.rest.taken : state.rest.unlinked, value);
}

// A value is stored where others find it.
void Flow::giveAway(SymId value, State& state) const {
  if (state.rest.taken.empty() && state.rest.unlinked.empty()) return;
  const std::vector<SymId> names = alternatives(value);
  auto means = [&](SymId own) {
    if (own == value || std::find(names.begin(), names.end(), own) != names.end()) return true;
    return syms_[own].kind == SymKind::Stale && own == value;
  };
  std::erase_if(state.rest.taken, means);
  std::erase_if(state.rest.unlinked, means);
}

// `head = item->next;` under a lock takes the item out: it is this thread's own until it is stored again.
void Flow::takeOut(SymId address, SymId value, State& state) {
  if (isFresh(syms_.rootOf(address), state)) return;
  if (!isOwn(address, state)) giveAway(value, state);
  const SymId old = load(address, state);
  auto insert = [&](SymId found) { noteFound(found, state); };
  // `p = ring[head]; head = (head + 1) % n;`: what stood at the old index.
  std::vector<SymId> slots;
  for (const Binding& binding : state.memory) {
    const SymKind variable = syms_[binding.first].kind;
    if (variable != SymKind::Local && variable != SymKind::ResultSlot) continue;
    if (syms_[binding.second].kind != SymKind::Load) continue;
    const Sym& slot = syms_[syms_[binding.second].a];
    if (slot.kind == SymKind::Element && slot.b != kNoSym && slot.b == old &&
        syms_[old].kind != SymKind::Const)
      slots.push_back(binding.second);
  }
  for (SymId slot : slots) insert(slot);
  if (old == value) return;

  // What is compared with what the place holds.
  std::vector<SymId> equal;
  for (const Fact& fact : state.facts) {
    const Sym& s = syms_[fact.sym];
    if (s.kind != SymKind::Compare || fact.value != 0) continue;
    const auto op = static_cast<facts::CompareOp>(s.n);
    if (op != (fact.equal ? facts::CompareOp::Ne : facts::CompareOp::Eq)) continue;
    if (s.a == old) equal.push_back(s.b);
    if (s.b == old) equal.push_back(s.a);
  }
  const Sym v = syms_[value];
  const bool next = v.kind == SymKind::Load && syms_[v.a].kind == SymKind::Field;
  const SymId item = next ? syms_[v.a].a : kNoSym;
  for (SymId one : equal) {
    // `if (*p == item) *p = item->next;`
    if (one != item) continue;
    insert(one);
    const SymId place = syms_[old].kind == SymKind::Load ? syms_[old].a : kNoSym;
    if (place == kNoSym || !paramsOnly(one)) continue;
    for (SymId phi : phisOf(place)) {
      for (Loop& loop : loops_) {
        if (syms_[phi].a != function_ || loop.header != static_cast<Index>(syms_[phi].n & 0xffffffff))
          continue;
        if (std::find(loop.searched.begin(), loop.searched.end(), one) == loop.searched.end())
          loop.searched.push_back(one);
      }
    }
  }
  if (next && item != old && leadsTo(address, item, syms_[v.a].b, old, state)) insert(item);

  const SymKind kind = syms_[old].kind;
  if (kind != SymKind::Load && kind != SymKind::Via && kind != SymKind::Phi) return;
  if (kind == SymKind::Load) {
    // Looked at in one critical section and taken out in another: somebody else may have been there.
    const auto reads = read_under_.find(address);
    bool same = reads != read_under_.end() && state.locks.empty() && reads->second.count(0);
    for (const Held& held : state.locks) same |= reads != read_under_.end() && reads->second.count(held.at);
    if (!same) return;
  }
  // `node->next = head; head = node;`, `last->next = node; last = node;`: it is still on the list.
  const bool linked = std::any_of(state.memory.begin(), state.memory.end(), [&](const Binding& binding) {
    const Sym& at = syms_[binding.first];
    if (at.kind != SymKind::Field && at.kind != SymKind::Element) return false;
    if (binding.second == old && binding.first != address) return true;
    return binding.second == value && at.kind == SymKind::Field && at.a == old;
  });
  if (!linked) insert(old);
}

// The merged variables that a name may be, and those that these may be.
std::vector<SymId> Flow::phisOf(SymId name) const {
  std::vector<SymId> seen, work{name};
  while (!work.empty() && seen.size() < 16) {
    SymId at = work.back();
    work.pop_back();
    while (syms_[at].kind == SymKind::Stale) at = syms_[at].a;
    auto inputs = context_.phis.find(at);
    if (inputs == context_.phis.end() || std::find(seen.begin(), seen.end(), at) != seen.end()) continue;
    seen.push_back(at);
    work.insert(work.end(), inputs->second.begin(), inputs->second.end());
  }
  return seen;
}

// Whether the place that becomes `item->next` led to the item.
bool Flow::leadsTo(SymId address, SymId item, SymId field, SymId old, const State& state) const {
  // The list's head, and the item is the first of those that a loop goes through.
  const std::vector<SymId> ways = alternatives(item);
  if (syms_[item].kind == SymKind::Phi && std::find(ways.begin(), ways.end(), old) != ways.end()) return true;
  const Sym& place = syms_[address];
  if (place.kind == SymKind::Field && place.b == field) {
    // `item->previous->next`
    const Sym& before = syms_[place.a];
    if (before.kind == SymKind::Load && syms_[before.a].kind == SymKind::Field && syms_[before.a].a == item)
      return true;
    // `previous->next`, where `previous` is what the item was in the round before.
    const std::vector<SymId> of_item = phisOf(item), of_place = phisOf(place.a);
    return std::any_of(of_place.begin(), of_place.end(), [&](SymId phi) {
      return std::find(of_item.begin(), of_item.end(), phi) != of_item.end();
    });
  }
  // `if (item->previous) …; else head = item->next;`
  return std::any_of(state.facts.begin(), state.facts.end(), [&](const Fact& fact) {
    const Sym& s = syms_[fact.sym];
    return fact.equal && fact.value == 0 && s.kind == SymKind::Load && syms_[s.a].kind == SymKind::Field &&
           syms_[s.a].a == item;
  });
}

// One way that a name may go: to what was taken (or, where `given` is not null, to an argument), to what was
// made here, along a list of such.
bool Flow::ownWay(SymId value, const State& state, std::vector<SymId>& seen, Own& found) const {
  if (std::binary_search(state.rest.taken.begin(), state.rest.taken.end(), value)) {
    found.any = true;
    return true;
  }
  const Sym s = syms_[value];
  switch (s.kind) {
    case SymKind::Const:
      return true;
    case SymKind::Field:
    case SymKind::Element:
    case SymKind::Arith:
    case SymKind::Stale:
      return ownWay(s.a, state, seen, found);
    case SymKind::Load: {
      if (!ownWay(s.a, state, seen, found)) return false;
      // A link to the next of its kind, or to something else.
      const Sym& at = syms_[s.a];
      const TypeInfo* type =
          at.kind == SymKind::Field ? program_.typeInfo(program_.fields[at.b].type) : nullptr;
      const bool link = type && type->kind == facts::TypeKind::Pointer &&
                        recordOf(type->element) == program_.fields[at.b].parent;
      found.through |= !link;
      return true;
    }
    case SymKind::Phi: {
      if (std::find(seen.begin(), seen.end(), value) != seen.end()) return true;
      if (seen.size() > 12) return false;
      seen.push_back(value);
      auto inputs = context_.phis.find(value);
      return inputs != context_.phis.end() &&
             std::all_of(inputs->second.begin(), inputs->second.end(),
                         [&](SymId input) { return ownWay(input, state, seen, found); });
    }
    case SymKind::Param:
      if (!found.arguments || (found.argument != kNone && found.argument != s.a) ||
          std::binary_search(state.rest.escaped.begin(), state.rest.escaped.end(), value))
        return false;
      found.argument = s.a;
      return true;
    default:
      return isFresh(value, state);
  }
}

// Whether nobody else has what is at `address`.
bool Flow::isOwn(SymId address, const State& state, bool* through) const {
  if (address == kNoSym || state.rest.taken.empty()) return false;
  Own found;
  std::vector<SymId> seen;
  const bool own = ownWay(address, state, seen, found) && found.any;
  if (through) *through = found.through;
  return own;
}

// Whether it is so if nobody else has what an argument points to, and which one.
Flow::Own Flow::ownIfGiven(SymId address, const State& state) const {
  Own found;
  found.arguments = true;
  std::vector<SymId> seen;
  if (address == kNoSym || !ownWay(address, state, seen, found)) found.argument = kNone;
  return found;
}

// A number that a counter gave out under a lock, and those up from it: nobody else has been given it.
bool Flow::isDrawn(SymId number, const State& state) const {
  if (number == kNoSym || state.rest.taken.empty()) return false;
  auto drawn = [&](auto&& self, SymId value, std::vector<SymId>& seen) -> bool {
    if (std::binary_search(state.rest.taken.begin(), state.rest.taken.end(), value)) return true;
    const Sym s = syms_[value];
    if (s.kind == SymKind::Stale) return self(self, s.a, seen);
    if (s.kind == SymKind::Arith) {
      const auto how = static_cast<facts::Arithmetic>(s.n);
      return (how == facts::Arithmetic::Add || how == facts::Arithmetic::Subtract) && self(self, s.a, seen);
    }
    if (s.kind != SymKind::Phi) return false;
    if (std::find(seen.begin(), seen.end(), value) != seen.end()) return true;
    seen.push_back(value);
    auto inputs = context_.phis.find(value);
    return seen.size() < 12 && inputs != context_.phis.end() &&
           std::all_of(
               inputs->second.begin(), inputs->second.end(),
               [&](SymId input) { return self(self, input, seen); });
  };
  std::vector<SymId> seen;
  return drawn(drawn, number, seen);
}

// `if (--references == 0)`, `if (references.fetch_sub(1) == 1)`: the object is this thread's alone. A plain
// counter is taken to be counted under a lock: where it is not, it races itself.
void Flow::noteLast(SymId count, std::int64_t number, State& state) {
  if (number != 0 && number != 1) return;
  const Sym s = syms_[count];
  SymId leaf = count;
  while (syms_[leaf].kind == SymKind::Via) leaf = syms_[leaf].b;
  const bool after = syms_[leaf].kind == SymKind::Unknown && syms_[leaf].b == 10 && number == 0;
  if (syms_[leaf].kind != SymKind::Result && !after) return;
  const Gid gid = syms_[leaf].a;
  const facts::Instruction& in = program_.instruction(gid);
  if (in.kind != facts::InstructionKind::ReadWrite || in.path == kNone) return;
  const bool own = gid >= info_.first_gid && gid - info_.first_gid < body_.instructions.size();
  SymId counter = kNoSym;
  if (own) {
    if (!(in.flags & facts::kInstrAtomic)) {
      if (in.value == kNone || unit_.values[in.value].kind != facts::ValueKind::Arithmetic) return;
      const facts::Value& sum = unit_.values[in.value];
      const bool add = sum.number == static_cast<std::int64_t>(facts::Arithmetic::Add);
      if (sum.right == kNone || unit_.values[sum.right].kind != facts::ValueKind::Constant ||
          unit_.values[sum.right].number != (add ? -1 : 1))
        return;
    }
    counter = addressOf(in.path, state);
    context_.counted[gid] = counter;
  } else if (s.kind == SymKind::Via && syms_[s.b].kind != SymKind::Via) {
    // What a function returns that counts down.
    const auto known = context_.counted.find(gid);
    const bool called = s.a >= info_.first_gid && s.a - info_.first_gid < body_.instructions.size();
    if (known == context_.counted.end() || !called) return;
    std::vector<SymId> args;
    for (facts::ValueId arg : body_.instructions[s.a - info_.first_gid].args)
      args.push_back(evalValue(arg, state));
    counter = substitute(known->second, s.a, args, state);
  }
  if (counter != kNoSym && syms_[counter].kind == SymKind::Field)
    addSorted(state.rest.last, syms_[counter].a);
}

}  // namespace gridlock::link
