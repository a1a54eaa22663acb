// Flow: locks, guards, and the threads that are joined.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

// Whether two names may be one lock, for dropping it under another name than it
// was taken by.
bool Flow::mayAliasLock(SymId a, SymId b) const {
  if (a == b) return true;
  const Sym &x = syms_[a], &y = syms_[b];
  if (x.kind == SymKind::Stale) return mayAliasLock(x.a, b);
  if (y.kind == SymKind::Stale) return mayAliasLock(a, y.a);
  if (x.kind == SymKind::Field && y.kind == SymKind::Field) return x.b == y.b && mayAliasLock(x.a, y.a);
  if (x.kind == SymKind::Element && y.kind == SymKind::Element) {
    if (x.b != kNoSym && y.b != kNoSym && syms_[x.b].kind == SymKind::Const &&
        syms_[y.b].kind == SymKind::Const)
      return false;
    return mayAliasLock(x.a, y.a);
  }
  auto fixed = [](SymKind kind) {
    return kind == SymKind::Global || kind == SymKind::Local || kind == SymKind::Alloc ||
           kind == SymKind::Field || kind == SymKind::Element || kind == SymKind::ParamSlot;
  };
  auto vague = [](SymKind kind) {
    return kind == SymKind::Phi || kind == SymKind::Unknown || kind == SymKind::Via ||
           kind == SymKind::Result;
  };
  if (vague(x.kind) || vague(y.kind)) return true;
  if (fixed(x.kind) || fixed(y.kind)) return false;
  return x.kind == y.kind && (x.kind != SymKind::Param || x.a == y.a);
}

// Whether two equal names mean one object: not where any element of an array or container may be meant.
bool Flow::isPrecise(SymId sym) const {
  if (sym == kNoSym || syms_.hasStale(sym)) return false;
  const Sym& s = syms_[sym];
  switch (s.kind) {
    case SymKind::Field:
      return s.b != context_.element_field && isPrecise(s.a);
    case SymKind::Load:
      return isPrecise(s.a);
    case SymKind::Element:
    case SymKind::Arith:
      return isPrecise(s.a) && isPrecise(s.b);
    default:
      return true;
  }
}

// What a merged variable may hold; itself where it is none.
std::vector<SymId> Flow::alternatives(SymId value) const {
  std::vector<SymId> out, work{value};
  std::set<SymId> seen;
  while (!work.empty() && seen.size() < 24) {
    SymId sym = work.back();
    work.pop_back();
    while (syms_[sym].kind == SymKind::Stale) sym = syms_[sym].a;
    if (!seen.insert(sym).second) continue;
    auto inputs = context_.phis.find(sym);
    if (inputs == context_.phis.end())
      out.push_back(sym);
    else
      work.insert(work.end(), inputs->second.begin(), inputs->second.end());
  }
  return out;
}

// The held lock that a release by this name means: the one of that name, else one that a merged
// variable may hold, else (in the function that drops it) any that the name may stand for.
std::vector<Held>::reverse_iterator Flow::heldBy(SymId lock, State& state, bool any) const {
  auto find = [&](auto&& matches) { return std::find_if(state.locks.rbegin(), state.locks.rend(), matches); };
  auto held = find([&](const Held& h) { return h.lock == lock; });
  if (held != state.locks.rend()) return held;
  std::vector<SymId> names = alternatives(lock);
  held = find([&](const Held& h) { return std::find(names.begin(), names.end(), h.lock) != names.end(); });
  if (held != state.locks.rend()) return held;
  std::erase_if(names, [&](SymId name) { return syms_[name].kind == SymKind::Const; });
  auto alias = [&](const Held& h, bool vague) {
    return !h.soft && std::any_of(names.begin(), names.end(), [&](SymId name) {
      return (vague || (!isVague(name) && !isVague(h.lock))) && mayAliasLock(h.lock, name);
    });
  };
  held = find([&](const Held& h) { return alias(h, false); });
  if (held != state.locks.rend() || !any) return held;
  held = find([&](const Held& h) { return isVague(h.lock) && alias(h, true); });
  if (held != state.locks.rend()) return held;
  return find([&](const Held& h) { return alias(h, true); });
}

// Whether nothing of a name says which object is meant.
bool Flow::isVague(SymId sym) const {
  while (syms_[sym].kind == SymKind::Stale) sym = syms_[sym].a;
  SymKind kind = syms_[sym].kind;
  return kind == SymKind::Phi || kind == SymKind::Unknown || kind == SymKind::Via || kind == SymKind::Result;
}

bool Flow::paramsOnly(SymId sym) const {
  const Sym& s = syms_[sym];
  switch (s.kind) {
    case SymKind::Param:
    case SymKind::Global:
    case SymKind::Func:
    case SymKind::Const:
      return true;
    case SymKind::Field:
    case SymKind::Load:
    case SymKind::Not:
      return paramsOnly(s.a);
    case SymKind::Element:
    case SymKind::Compare:
    case SymKind::Arith:
      return paramsOnly(s.a) && (s.b == kNoSym || paramsOnly(s.b));
    default:
      return false;
  }
}

void Flow::acquire(SymId lock, Mode mode, bool tried, bool timed, LockKind kind, Gid gid, Gid primitive,
                   State& state) {
  auto same =
      std::find_if(state.locks.begin(), state.locks.end(), [&](const Held& h) { return h.lock == lock; });
  if (emitting_) {
    Event& event = emit(EventKind::Acquire, gid, state);
    event.addr = lock;
    event.lock_kind = kind;
    if (mode == Mode::Shared) event.flags |= kEventShared;
    if (tried) event.flags |= kEventTry;
    if (timed) event.flags |= kEventTimed;
    if (same != state.locks.end() && !same->maybe && isPrecise(lock)) event.flags |= kEventTwice;
    if (std::binary_search(state.rest.destroyed.begin(), state.rest.destroyed.end(), lock))
      event.flags |= kEventInvalid;
  }
  if (state.rest.acquired.size() < kAcquired) addSorted(state.rest.acquired, lock);
  std::erase(state.rest.dropped, lock);
  auto again = std::find(state.rest.released.begin(), state.rest.released.end(), lock);
  if (again != state.rest.released.end() && same == state.locks.end()) {
    state.rest.released.erase(again);
    return;
  }
  if (same != state.locks.end() && same->mode == mode) {
    if (same->count < 4) ++same->count;
    same->maybe = false;
    return;
  }
  Held held;
  held.lock = lock;
  held.mode = mode;
  held.at = gid;
  held.primitive = primitive;
  state.locks.push_back(held);
}

void Flow::release(SymId lock, Mode mode, Gid gid, State& state, bool semaphore) {
  std::uint32_t flags = mode == Mode::Shared ? kEventShared : 0u;
  if (semaphore) flags |= kEventSemaphore;
  auto held = heldBy(lock, state, true);
  if (held == state.locks.rend()) {
    flags |= kEventUnheld;
    auto at = std::lower_bound(state.rest.released.begin(), state.rest.released.end(), lock);
    bool before = std::binary_search(state.rest.dropped.begin(), state.rest.dropped.end(), lock);
    if (before || (at != state.rest.released.end() && *at == lock)) {
      if (isPrecise(lock)) flags |= kEventTwice;
    } else if (!semaphore) {
      state.rest.released.insert(at, lock);
    }
  }
  if (emitting_) {
    Event& event = emit(EventKind::Release, gid, state);
    event.addr = lock;
    event.flags = flags;
  }
  state.idle.clear();
  if (held == state.locks.rend()) return;
  if (held->at != held->primitive) context_.released_by_caller.insert(held->primitive);
  if (held->count > 1) {
    --held->count;
  } else {
    if (held->lock == lock && !held->maybe && !syms_.hasStale(lock)) addSorted(state.rest.dropped, lock);
    state.locks.erase(std::next(held).base());
  }
}

SymId Flow::guardField(SymId guard, unsigned which) {
  has_guards_ = true;
  return syms_.field(guard, which < 4 ? context_.mutex_field[which] : context_.owned_field);
}

std::vector<SymId> Flow::guardLocks(SymId guard, const State& state) {
  std::vector<SymId> locks;
  for (unsigned i = 0; i < 4; ++i) {
    SymId address = guardField(guard, i);
    SymId lock = load(address, state);
    bool unknown = syms_[lock].kind == SymKind::Load && syms_[lock].a == address;
    if (unknown && (i > 0 || !paramsOnly(guard))) break;
    if (syms_[lock].kind == SymKind::Const) break;
    locks.push_back(lock);
  }
  return locks;
}

void Flow::openGuard(const Effect& effect, const facts::Instruction& in, Gid gid, Index symbol,
                     const std::vector<SymId>& args, State state, States& out) {
  if (args.empty()) {
    out.push_back(std::move(state));
    return;
  }
  SymId guard = args[0];
  Mode mode = effect.shared ? Mode::Shared : Mode::Exclusive;
  const std::vector<Index>& params = program_.symbols[symbol].params;
  std::vector<SymId> locks;
  bool deferred = false, adopted = false, tried = false, timed = false, recursive = false;
  for (std::size_t i = 1; i < args.size(); ++i) {
    Index type = i - 1 < params.size() ? recordOf(params[i - 1]) : kNone;
    if (type == kNone && i < in.args.size()) type = recordOf(valueType(in.args[i]));
    const TypeInfo* record = program_.typeInfo(type);
    std::string_view name = record ? record->qualified : std::string_view{};
    if (name.ends_with("defer_lock_t")) {
      deferred = true;
    } else if (name.ends_with("adopt_lock_t")) {
      adopted = true;
    } else if (name.ends_with("try_to_lock_t")) {
      tried = true;
    } else if (name.ends_with("in_place_t")) {
      continue;
    } else if (name.find("chrono") != std::string_view::npos) {
      tried = timed = true;
    } else if (name == "std::unique_lock" || name == "std::shared_lock" || name == "boost::unique_lock") {
      // Moved from another guard.
      for (unsigned k = 0; k < 5; ++k) {
        SymId from = guardField(args[i], k), to = guardField(guard, k);
        SymId value = load(from, state);
        bool known = !(syms_[value].kind == SymKind::Load && syms_[value].a == from) || paramsOnly(args[i]);
        if (known) store(to, value, state);
        if (!known || k > 0 || !emitting_) continue;
        // For functions that it is handed to.
        Event& event = emit(EventKind::Access, gid, state);
        event.addr = to;
        event.value = value;
        event.flags = kEventWrite | kEventFresh | kEventInit;
      }
      store(guardField(args[i], 4), syms_.constant(0), state);
      out.push_back(std::move(state));
      return;
    } else {
      locks.push_back(args[i]);
      recursive |= name.find("recursive") != std::string_view::npos ||
                   name.find("Recursive") != std::string_view::npos;
    }
  }
  for (std::size_t i = 0; i < 4; ++i)
    store(guardField(guard, static_cast<unsigned>(i)), i < locks.size() ? locks[i] : syms_.constant(0),
          state);
  store(guardField(guard, 4), syms_.constant(0), state);
  if (emitting_ && (in.flags & facts::kInstrTemporary) && !locks.empty() && !deferred && mentions(guard) <= 2)
    emit(EventKind::UnusedGuard, gid, state).addr = locks[0];
  if (locks.empty()) {
    const TypeInfo* of = program_.typeInfo(program_.symbols[symbol].parent);
    if (emitting_ && of && args.size() == 1 && (of->qualified == "std::scoped_lock" || mentions(guard) <= 2))
      emit(EventKind::UnusedGuard, gid, state);
    out.push_back(std::move(state));
    return;
  }
  if (deferred) {
    out.push_back(std::move(state));
    return;
  }
  if (adopted) {
    store(guardField(guard, 4), syms_.constant(1), state);
    out.push_back(std::move(state));
    return;
  }
  if (tried) {
    State failed = state;
    out.push_back(std::move(failed));
  }
  // All at once, in an order that cannot deadlock among themselves.
  State before = state;
  for (std::size_t i = 0; i < locks.size(); ++i) {
    LockKind kind = recursive ? LockKind::RecursiveMutex : lockKindOf(locks[i]);
    if (locks.size() == 1) {
      acquire(locks[i], mode, tried, timed, kind, gid, gid, state);
    } else {
      State each = before;
      acquire(locks[i], mode, tried, timed, kind, gid, gid, each);
      bool was_emitting = emitting_;
      emitting_ = false;
      acquire(locks[i], mode, tried, timed, kind, gid, gid, state);
      emitting_ = was_emitting;
    }
  }
  store(guardField(guard, 4), syms_.constant(1), state);
  out.push_back(std::move(state));
}

// How many instructions name a local.
std::size_t Flow::mentions(SymId local) const {
  if (syms_[local].kind != SymKind::Local || syms_[local].a != function_) return 99;
  std::size_t count = 0;
  auto names = [&](facts::PathId id) {
    if (id == kNone) return false;
    const facts::Path& path = unit_.paths[id];
    return (path.root == facts::RootKind::Local || path.root == facts::RootKind::Temporary) &&
           path.index == syms_[local].b;
  };
  for (const facts::Instruction& in : body_.instructions) {
    if (in.kind == facts::InstructionKind::ScopeEnd) continue;
    bool here = names(in.path);
    auto value = [&](facts::ValueId v) {
      if (v == kNone) return;
      const facts::Value& x = unit_.values[v];
      if (x.kind == facts::ValueKind::AddressOf || x.kind == facts::ValueKind::Load ||
          x.kind == facts::ValueKind::Object)
        here |= names(x.index);
    };
    value(in.value);
    for (facts::ValueId arg : in.args) value(arg);
    count += here;
  }
  return count;
}

// PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP and its like: glibc's mutex holds its type as a number.
void Flow::noteLockKind(Gid gid, SymId address, SymId value, const State& state) {
  const Sym& kind = syms_[address];
  if (kind.kind != SymKind::Field || syms_[value].kind != SymKind::Const) return;
  const bool rwlock = program_.fields[kind.b].name == "__flags";
  if (program_.fields[kind.b].name != "__kind" && !rwlock) return;
  SymId lock = kind.a;
  if (syms_[lock].kind == SymKind::Field && program_.fields[syms_[lock].b].name == "__data")
    lock = syms_[lock].a;
  Event& event = emit(EventKind::InitLock, gid, state);
  event.addr = lock;
  event.value = value;
  event.lock_kind = rwlock ? LockKind::Rwlock : LockKind::Mutex;
}

LockKind Flow::lockKindOf(SymId lock) const {
  Index type = kNone;
  const Sym& s = syms_[lock];
  if (s.kind == SymKind::Global) type = program_.symbols[s.a].type;
  if (s.kind == SymKind::Field) type = program_.fields[s.b].type;
  const TypeInfo* info = program_.typeInfo(recordOf(type));
  if (!info) return LockKind::Mutex;
  if (info->qualified.find("recursive") != std::string_view::npos ||
      info->qualified.find("Recursive") != std::string_view::npos)
    return LockKind::RecursiveMutex;
  if (info->qualified.find("shared") != std::string_view::npos) return LockKind::Rwlock;
  return LockKind::Mutex;
}

void Flow::closeGuard(SymId guard, Gid gid, State state, States& out) {
  SymId owned_address = guardField(guard, 4);
  SymId owned = load(owned_address, state);
  std::vector<SymId> locks = guardLocks(guard, state);
  auto finish = [&](State s) {
    store(owned_address, syms_.constant(0), s);
    out.push_back(std::move(s));
  };
  if (locks.empty()) {
    out.push_back(std::move(state));
    return;
  }
  auto known = constantOf(owned, state);
  if (!known || *known == 0) {
    State free = state;
    if (assumeEqual(owned, true, 0, free)) finish(std::move(free));
    if (known) return;
  }
  State held = std::move(state);
  if (!known && !assumeEqual(owned, false, 0, held)) return;
  for (auto lock = locks.rbegin(); lock != locks.rend(); ++lock) {
    Mode mode = Mode::Exclusive;
    for (const Held& h : held.locks) {
      if (h.lock == *lock) mode = h.mode;
    }
    release(*lock, mode, gid, held);
  }
  finish(std::move(held));
}

void Flow::waitOn(SymId condition, SymId lock, Gid gid, std::uint32_t flags, State& state) {
  auto held =
      std::find_if(state.locks.begin(), state.locks.end(), [&](const Held& h) { return h.lock == lock; });
  if (held == state.locks.end()) {
    held = std::find_if(state.locks.begin(), state.locks.end(),
                        [&](const Held& h) { return mayAliasLock(h.lock, lock); });
  }
  if (emitting_) {
    Event& event = emit(EventKind::Wait, gid, state);
    event.addr = condition;
    event.value = lock;
    event.flags = flags;
    if (held == state.locks.end()) event.flags |= kEventUnheld;
    // A wait is tested again when it stands in a loop that something can end.
    for (Index l : loops_of_[block_]) {
      const Loop& loop = loops_[l];
      for (Index b = 0; b < body_.blocks.size(); ++b) {
        if (loop.blocks[b] && body_.blocks[b].condition != kNone && body_.blocks[b].successors.size() > 1)
          event.flags |= kEventLoop;
      }
    }
  }
  // Others may have written anything meanwhile.
  state.blurred = true;
  state.idle.clear();
  std::erase_if(state.memory, [&](const Binding& binding) {
    SymKind kind = syms_[syms_.rootOf(binding.first)].kind;
    const bool shared = kind == SymKind::Global || kind == SymKind::Param || kind == SymKind::Load;
    return shared && !isHandle(binding.second);
  });
  std::erase_if(state.facts, [&](const Fact& fact) {
    SymId at = fact.sym;
    if (syms_[at].kind == SymKind::Compare) at = syms_[at].a;
    return syms_[at].kind == SymKind::Load;
  });
}

}  // namespace gridlock::link
