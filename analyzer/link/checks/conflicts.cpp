// See conflicts.h.
#include "analyzer/link/checks/conflicts.h"

#include <algorithm>
#include <optional>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/checks/object_kinds.h"

namespace gridlock::link {

// Which threads ever signal a token.
void Conflicts::collectSignals() {
  for (const Access& access : world_.accesses) {
    for (PlaceId token : world_.set(access.signalled)) signallers_[token].insert(access.origin);
  }
  for (ContextId c = 0; c < world_.contexts.size(); ++c) {
    const Summary& summary = world_.link.summaries[world_.contexts[c].function];
    for (const Outcome& outcome : summary.outcomes) {
      for (SymId sym : outcome.at_exit.signalled) {
        for (PlaceId token : world_.set(world_.eval(c, sym)))
          signallers_[token].insert(world_.contexts[c].origin);
      }
    }
  }
}

bool Conflicts::protectedPair(const Access& a, const Access& b) const {
  const std::vector<LockUse>&x = world_.lock_uses[a.locks], &y = world_.lock_uses[b.locks];
  for (const LockUse& u : x) {
    for (const LockUse& v : y) {
      bool semaphores = (u.key & kSemaphoreKey) && !(u.key >> 63);
      if (u.key == v.key && !semaphores && (u.mode == Mode::Exclusive || v.mode == Mode::Exclusive))
        return true;
      // Two semaphores that pass one permit to and fro.
      if (u.key != v.key && (u.mode == Mode::Exclusive)) {
        auto value = [&](std::uint64_t key) -> std::optional<std::int64_t> {
          if (key >> 63) return std::nullopt;
          auto it = world_.semaphore_values.find(static_cast<PlaceId>(key & ~kSemaphoreKey));
          if (it == world_.semaphore_values.end()) return std::nullopt;
          return it->second;
        };
        auto first = value(u.key), second = value(v.key);
        if (first && second && *first >= 0 && *second >= 0 && *first + *second == 1) return true;
      }
    }
  }
  return false;
}

// A latch that no smaller number of these threads opens than all.
bool Conflicts::opensWhenAllHaveCome(PlaceId token, const std::set<OriginId>& who) const {
  const auto latch = world_.latch_counts.find(token);
  if (latch == world_.latch_counts.end()) return false;
  std::int64_t least = 0;
  for (OriginId origin : who) least += world_.origins[origin].many ? 2 : 1;
  return latch->second < 0 || latch->second >= least;
}

// `a` comes before a signal that `b` has waited for.
bool Conflicts::ordered(const Access& a, const Access& b) const {
  for (PlaceId token : world_.set(b.awaited)) {
    auto initial = world_.semaphore_values.find(token);
    if (initial != world_.semaphore_values.end() && initial->second != 0) continue;
    const std::vector<std::uint32_t>& done = world_.set(a.signalled);
    if (std::binary_search(done.begin(), done.end(), token)) continue;
    auto who = signallers_.find(token);
    if (who == signallers_.end() || !who->second.count(a.origin)) continue;
    bool barrier = who->second.count(b.origin) > 0;
    if (!barrier && !opensWhenAllHaveCome(token, who->second)) {
      if (who->second.size() > 1) continue;
      if (world_.origins[a.origin].many && !onlyBy(a, token)) continue;
    }
    return true;
  }
  return false;
}

// Whether of the many threads of its kind only the one that does `a` ever signals `token`.
bool Conflicts::onlyBy(const Access& a, PlaceId token) const {
  if (a.only == 0) return false;
  bool any = false;
  for (ContextId c = 0; c < world_.contexts.size(); ++c) {
    const Summary& summary = world_.link.summaries[world_.contexts[c].function];
    for (const Event& event : summary.events) {
      const bool post = event.kind == EventKind::Release && (event.flags & kEventSemaphore);
      if (!post && event.kind != EventKind::Signal) continue;
      const std::vector<std::uint32_t>& places = world_.set(world_.eval(c, event.addr));
      if (!std::binary_search(places.begin(), places.end(), token)) continue;
      if (world_.contexts[c].origin != a.origin ||
          world_.onlyOne(c, summary.snapshots[event.snapshot]) != a.only)
        return false;
      any = true;
    }
  }
  return any;
}

bool Conflicts::apart(const Access& a, const Access& b) const {
  if (a.origin == b.origin) {
    if (!world_.origins[a.origin].many || (a.only != 0 && a.only == b.only)) return true;
    if (world_.phasesApart(a, b)) return true;
  }
  if (!world_.parallel(a.origin, a.alive, b.origin, b.alive)) return true;
  if (world_.keptApart(a, b) || world_.gated(a, b) || world_.gated(b, a)) return true;
  return ordered(a, b) || ordered(b, a);
}

bool Conflicts::between(const Access& a, const Access& b) const {
  if (!((a.flags | b.flags) & kEventWrite)) return false;
  if ((a.flags & kEventAtomic) && (b.flags & kEventAtomic)) return false;
  if (!world_.overlaps(a.place, b.place)) return false;
  if (a.place != b.place && kindsOf(world_, a, b) == Kinds::Different) return false;
  if (a.origin == b.origin) {
    if (!world_.origins[a.origin].many) return false;
    if (a.distinct && b.distinct && ownOfStarter(a) && !neighbours(a, b)) return false;
    if (a.only != 0 && a.only == b.only) return false;
    if (world_.phasesApart(a, b)) return false;
    // Each thread's own.
    const Object& object = world_.objectOf(a.place);
    bool thread_local_variable =
        object.kind == ObjectKind::Global && world_.program.symbols[object.a].has(facts::kSymbolThreadLocal);
    if (object.kind == ObjectKind::Local || object.kind == ObjectKind::Heap || thread_local_variable) {
      if (object.origin == a.origin && own_.reachedBy(a) && own_.reachedBy(b)) return false;
    }
  }
  if (!world_.parallel(a.origin, a.alive, b.origin, b.alive)) return false;
  if ((a.flags | b.flags) & kEventLast) return false;
  if ((a.flags & kEventTaken) && (b.flags & kEventTaken)) {
    // What own objects lead to is own as well, but not where there is only one of it.
    const bool through = ((a.flags | b.flags) & kEventThrough) != 0;
    if (!through || !world_.singlePlace(a.place) || !world_.singlePlace(b.place)) return false;
  }
  if (takenUnder(a, b) || takenUnder(b, a)) return false;
  if (createdUnder(a, b) || createdUnder(b, a)) return false;
  if (ownSlot(a, b) || ownSlot(b, a)) return false;
  if (protectedPair(a, b)) return false;
  if (world_.keptApart(a, b) || world_.gated(a, b) || world_.gated(b, a)) return false;
  return !ordered(a, b) && !ordered(b, a);
}

// Threads that one starter gives different things may be given the same by another starter of its kind,
// unless the starter made it.
bool Conflicts::ownOfStarter(const Access& access) const {
  const OriginId parent = world_.origins[access.origin].parent;
  if (parent == kNone || !world_.origins[parent].many) return true;
  const Object& object = world_.objectOf(access.place);
  return object.kind != ObjectKind::Global && object.origin == parent;
}

// Whether one side is done under a lock that the other has had since its function began.
bool Conflicts::underLockHadBy(const Access& other, const Access& side) const {
  const Summary& summary = world_.link.summaries[world_.contexts[other.context].function];
  for (SymId lock : summary.snapshots[summary.events[other.event].snapshot].acquired) {
    const std::vector<std::uint32_t>& places = world_.set(world_.eval(other.context, lock));
    if (places.size() != 1) continue;
    for (const LockUse& use : world_.lock_uses[side.locks]) {
      if (use.key == places[0] && use.mode == Mode::Exclusive) return true;
    }
  }
  return false;
}

// `a` is of what its thread took out of a shared place, under a lock that `b` holds: `b` was before.
bool Conflicts::takenUnder(const Access& a, const Access& b) const {
  return (a.flags & kEventTaken) && underLockHadBy(a, b);
}

// `a` fills what its function has allocated, under a lock that `b` had before it came here: `b` found it
// there complete, or made it. So is what is made when it is first asked for.
bool Conflicts::createdUnder(const Access& a, const Access& b) const {
  const Summary& summary = world_.link.summaries[world_.contexts[a.context].function];
  const SymId object = world_.syms.rootOf(summary.events[a.event].addr);
  return world_.syms[object].kind == SymKind::Alloc && underLockHadBy(b, a);
}

// The thread's own slot, filled in the loop that starts the threads.
bool Conflicts::ownSlot(const Access& starter, const Access& thread) const {
  if (!thread.distinct || !(starter.flags & kEventVaries)) return false;
  const Origin& origin = world_.origins[thread.origin];
  if (origin.parent != starter.origin) return false;
  // The start, or the call that leads to it.
  ContextId creator = origin.creator;
  Gid start = origin.start;
  while (creator != starter.context) {
    if (creator == kNone) return false;
    start = world_.contexts[creator].call;
    creator = world_.contexts[creator].parent;
  }
  const Summary& summary = world_.link.summaries[world_.contexts[starter.context].function];
  Index loop = summary.events[starter.event].loop;
  for (const Event& event : summary.events) {
    if ((event.kind == EventKind::Start || event.kind == EventKind::Call) && event.gid == start)
      return event.loop == loop && loop != kNone;
  }
  return false;
}

// `a[me]` and `a[(me + 1) % n]`: one thread's element is the next one's neighbour.
bool Conflicts::neighbours(const Access& a, const Access& b) const {
  const SymTable& syms = world_.syms;
  if (world_.contexts[a.context].function != world_.contexts[b.context].function) return false;
  auto indexOf = [&](const Access& access) {
    const Summary& summary = world_.link.summaries[world_.contexts[access.context].function];
    SymId at = summary.events[access.event].addr;
    while (syms[at].kind == SymKind::Field) at = syms[at].a;
    return syms[at].kind == SymKind::Element ? syms[at].b : kNoSym;
  };
  SymId x = indexOf(a), y = indexOf(b);
  if (x == kNoSym || y == kNoSym || x == y) return false;
  constexpr auto kAdd = static_cast<std::int64_t>(facts::Arithmetic::Add);
  constexpr auto kRemainder = static_cast<std::int64_t>(facts::Arithmetic::Remainder);
  auto next = [&](SymId from, SymId to) {
    if (syms[from].kind == SymKind::Arith) return false;
    if (syms[to].kind == SymKind::Arith && syms[to].n == kRemainder) to = syms[to].a;
    const Sym& s = syms[to];
    return s.kind == SymKind::Arith && s.n == kAdd && s.a == from && syms[s.b].kind == SymKind::Const &&
           (syms[s.b].n == 1 || syms[s.b].n == -1);
  };
  // Not where a loop goes over the thread's part: the neighbour's edge is left to barriers.
  if (syms[x].kind == SymKind::Phi || syms[y].kind == SymKind::Phi) return false;
  return next(x, y) || next(y, x);
}

}  // namespace gridlock::link
