// lock-not-released, unlock-not-held, destroy-locked.
//
// A function that sometimes returns with a lock is a wrapper when some caller
// drops that lock, else it leaks it. The root of a thread must not end with a
// lock.
#include <algorithm>
#include <map>
#include <set>

#include "analyzer/link/check.h"

namespace gridlock::link {

namespace {

class ReleaseCheck {
 public:
  explicit ReleaseCheck(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    collectReturns();
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Context& context = world_.contexts[c];
      const Summary& summary = world_.link.summaries[context.function];
      for (const Event& event : summary.events) {
        const Snapshot& snapshot = summary.snapshots[event.snapshot];
        if (event.kind == EventKind::Release) unlocked(c, event, snapshot);
        if (event.kind == EventKind::Exit) exited(c, event, snapshot, summary);
        if (event.kind == EventKind::DestroyLock) destroyed(c, event, snapshot);
      }
    }
    // Where the same lock is left by another thread, that is worse than at the end of the process.
    for (const MainLeak& leak : main_leaks_) ended(leak.context, leak.held, leak.lock, true);
    leaks();
    reporter_.leaked = leaked_;
  }

 private:
  void add(model::Rule rule, model::Confidence confidence, std::string reason, std::string message,
           ContextId c, Gid gid, std::string role, PlaceId lock, LockKind kind, Gid other,
           std::string other_role) {
    model::Finding finding;
    finding.rule = rule;
    finding.confidence = confidence;
    finding.severity = model::severityFor(rule, confidence);
    finding.reason = std::move(reason);
    finding.message = std::move(message);
    finding.locations.push_back(reporter_.location(gid, std::move(role)));
    if (!other_role.empty() && other != gid)
      finding.locations.push_back(reporter_.location(other, std::move(other_role)));
    finding.locks.push_back(reporter_.lock(lock, kind));
    finding.threads.push_back(reporter_.thread(world_.contexts[c].origin));
    model::Step step;
    step.thread = finding.threads[0];
    step.action = rule == model::Rule::LockNotReleased ? "acquires" : "releases";
    step.lock = finding.locks[0];
    step.site = reporter_.site(gid);
    step.stack = reporter_.stack(c, gid);
    finding.steps.push_back(step);
    reporter_.report.findings.push_back(std::move(finding));
  }

  void unlocked(ContextId c, const Event& event, const Snapshot& snapshot) {
    if (!(event.flags & kEventUnheld) || (event.flags & kEventSemaphore)) return;
    SetId places = world_.eval(c, event.addr);
    std::vector<PlaceId> classes = reporter_.lockClasses(places);
    if (classes.empty()) return;
    bool twice = event.flags & kEventTwice;
    if (!twice &&
        otherIndex(world_.link.summaries[world_.contexts[c].function], EventKind::Acquire, event.addr))
      return;
    // Held on another way to this very place: what tells the ways apart was lost here.
    if (!twice && mixedUnlock(world_.link.summaries[world_.contexts[c].function], event.gid)) return;
    const Context& context = world_.contexts[c];
    if (!twice) {
      bool held = false;
      for (const EntryLock& entry : context.held) {
        held |= entry.sym == event.addr;
        for (PlaceId place : world_.set(entry.places)) {
          const std::vector<std::uint32_t>& mine = world_.set(places);
          held |= std::binary_search(mine.begin(), mine.end(), place);
        }
      }
      if (held) {
        good_.insert(event.gid);
        return;
      }
      // What a caller may hold, on some of its ways, is the caller's business.
      for (ContextId p = context.parent, at = c; p != kNone; at = p, p = world_.contexts[p].parent) {
        const Summary& caller = world_.link.summaries[world_.contexts[p].function];
        for (const Event& e : caller.events) {
          if (e.kind != EventKind::Call || e.gid != world_.contexts[at].call) continue;
          for (const Held& h : caller.snapshots[e.snapshot].locks) {
            if (!h.maybe) continue;
            for (PlaceId place : world_.set(world_.eval(p, h.lock))) {
              const std::vector<std::uint32_t>& mine = world_.set(places);
              if (std::binary_search(mine.begin(), mine.end(), place)) return;
            }
          }
        }
      }
      if (world_.origins[context.origin].open) return;
    }
    (void)snapshot;
    if (!unheld_.insert(event.gid).second) return;
    std::string name = reporter_.lockName(classes[0]);
    bool single = world_.set(places).size() == 1;
    add(model::Rule::UnlockNotHeld,
        certain(c) && (twice ? releasedHere(c, event) : single && context.parent == kNone)
            ? model::Confidence::Proven
        : world_.cut ? model::Confidence::Possible
                     : model::Confidence::Likely,
        twice ? "on this path it was released before" : "no caller on this path holds it",
        "`" + name + "` is unlocked at " + reporter_.where(event.gid) +
            (twice ? ", having been unlocked before on this path" : " by a thread that does not hold it"),
        c, event.gid, "releases", classes[0], event.lock_kind, event.gid, "");
  }

  void exited(ContextId c, const Event& event, const Snapshot& snapshot, const Summary& summary) {
    const Context& context = world_.contexts[c];
    if (event.flags & kEventThrown) {
      thrown(c, snapshot, summary);
      return;
    }
    bool root = context.parent == kNone && !world_.origins[context.origin].open;
    bool thread_exit = event.flags & kEventCertain;
    if (thread_exit) endedBelow(c, snapshot);
    for (const Held& held : snapshot.locks) {
      if (held.maybe || held.soft) continue;
      SetId places = world_.eval(c, held.lock);
      std::vector<PlaceId> classes = reporter_.lockClasses(places);
      if (classes.empty()) continue;
      if (semaphore(places)) continue;
      if (std::binary_search(snapshot.destroyed.begin(), snapshot.destroyed.end(), held.lock)) continue;
      if (otherIndex(summary, EventKind::Release, held.lock)) continue;
      if (root || thread_exit) {
        if (world_.origins[context.origin].parent == kNone && !thread_exit)
          main_leaks_.push_back({c, held, classes[0]});
        else
          ended(c, held, classes[0], false);
        continue;
      }
      // Some ways out hold it and some do not.
      bool mixed = false;
      for (const Event& other : summary.events) {
        if (other.kind != EventKind::Exit || (other.flags & (kEventCertain | kEventThrown))) continue;
        const Snapshot& at = summary.snapshots[other.snapshot];
        bool has =
            std::any_of(at.locks.begin(), at.locks.end(), [&](const Held& h) { return h.lock == held.lock; });
        if (has) continue;
        mixed = true;
      }
      if (!mixed) continue;
      // An unlock that some ways reach without the lock: the same test decides both.
      bool same_test = false;
      for (const Event& other : summary.events) {
        same_test |=
            other.kind == EventKind::Release && other.addr == held.lock && mixedUnlock(summary, other.gid);
      }
      if (same_test) continue;
      bool also_released = false;
      for (const Event& other : summary.events) {
        if (other.kind == EventKind::Release && (other.addr == held.lock || !world_.syms.relative(held.lock)))
          also_released |= world_.eval(c, other.addr) == places;
      }
      candidates_.push_back({c, held.primitive, held.at, classes[0], also_released});
    }
    if (thread_exit) leftByCallers(c, snapshot);
  }

  // The thread, or with main the process, ends in the context with the lock.
  void ended(ContextId c, const Held& held, PlaceId lock, bool main) {
    if (!leaked_.insert(held.primitive).second) return;
    add(model::Rule::LockNotReleased,
        main || (world_.cut && !here(c, held)) ? model::Confidence::Possible
        : certain(c) && here(c, held)          ? model::Confidence::Proven
                                               : model::Confidence::Likely,
        main ? "the process ends there" : "the thread ends on this path with the lock",
        "`" + reporter_.lockName(lock) + "`, locked at " + reporter_.where(held.primitive) +
            ", is still held when " + (main ? "main returns" : "the thread ends"),
        c, held.primitive, "acquires, never released", lock, LockKind::Mutex, held.at, "through this call");
    addReturns(held.primitive);
  }

  // Which returns leave a lock: those of the function that takes it, where other ways out of it release it;
  // else those of such functions that have it taken by another.
  void collectReturns() {
    std::set<Gid> own;
    for (Index f = 0; f < world_.link.summaries.size(); ++f) {
      const Summary& summary = world_.link.summaries[f];
      for (const auto& [primitive, at] : summary.returns_holding) {
        if (!mixedExits(summary, primitive)) continue;
        const bool takes = world_.program.functionOfGid(primitive) == f;
        if (!takes && own.count(primitive)) continue;
        if (takes && own.insert(primitive).second) returns_[primitive].clear();
        returns_[primitive].insert(at);
      }
    }
  }

  // The returns through which the lock of the last finding is left held.
  void addReturns(Gid primitive) {
    for (Gid at : returns_[primitive])
      reporter_.report.findings.back().locations.push_back(
          reporter_.location(at, "returns with the lock held"));
  }

  // Some ways out of the function hold what was locked there, and some do not.
  static bool mixedExits(const Summary& summary, Gid primitive) {
    bool with = false, without = false;
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::Exit || (event.flags & (kEventCertain | kEventThrown))) continue;
      const std::vector<Held>& locks = summary.snapshots[event.snapshot].locks;
      const bool held =
          std::any_of(locks.begin(), locks.end(), [&](const Held& h) { return h.primitive == primitive; });
      (held ? with : without) = true;
    }
    return with && without;
  }

  // The thread ends in a function that others have called with their locks.
  void leftByCallers(ContextId c, const Snapshot& snapshot) {
    for (const HeldAt& held : world_.heldAt(c, snapshot)) {
      if (held.context == c || held.maybe || held.soft || semaphore(held.places)) continue;
      const std::vector<PlaceId> classes = reporter_.lockClasses(held.places);
      if (classes.empty() || !leaked_.insert(held.primitive).second) continue;
      add(model::Rule::LockNotReleased, world_.cut ? model::Confidence::Possible : model::Confidence::Likely,
          "the thread ends on this path with the lock",
          "`" + reporter_.lockName(classes[0]) + "`, locked at " + reporter_.where(held.primitive) +
              ", is still held when the thread ends",
          held.context, held.primitive, "acquires, never released", classes[0], LockKind::Mutex, held.at,
          "through this call");
    }
  }

  // A thread ends in a function that others called with a lock.
  void endedBelow(ContextId c, const Snapshot& snapshot) {
    for (const HeldAt& held : world_.heldAt(c, snapshot)) {
      if (held.context == c || held.maybe || held.soft || semaphore(held.places)) continue;
      const std::vector<PlaceId> classes = reporter_.lockClasses(held.places);
      if (classes.empty() || !leaked_.insert(held.primitive).second) continue;
      const std::string name = reporter_.lockName(classes[0]);
      add(model::Rule::LockNotReleased, world_.cut ? model::Confidence::Possible : model::Confidence::Likely,
          "the thread ends on this path with the lock",
          "`" + name + "`, locked at " + reporter_.where(held.primitive) +
              ", is still held when the thread ends in a function that is called with it",
          c, held.primitive, "acquires, never released", classes[0], LockKind::Mutex, held.at,
          "through this call");
    }
  }

  // No bound was met in this function: its ways were told apart.
  bool certain(ContextId c) const { return !world_.link.summaries[world_.contexts[c].function].cut; }

  // Taken by this very function, not by one that it called.
  bool here(ContextId c, const Held& held) const {
    return held.at == held.primitive &&
           world_.program.functionOfGid(held.primitive) == world_.contexts[c].function;
  }

  // The release before this one stands in the same function.
  bool releasedHere(ContextId c, const Event& event) const {
    const Summary& summary = world_.link.summaries[world_.contexts[c].function];
    return std::any_of(summary.events.begin(), summary.events.end(), [&](const Event& other) {
      return other.kind == EventKind::Release && other.gid != event.gid && other.addr == event.addr &&
             !(other.flags & kEventTwice);
    });
  }

  // Whether the function does so with an element of the same array by another index, of which nothing tells
  // whether it is another element: `m[0]`, and `m[i - 1]` in a loop.
  bool otherIndex(const Summary& summary, EventKind kind, SymId lock) const {
    return std::any_of(summary.events.begin(), summary.events.end(), [&](const Event& other) {
      if (other.kind != kind || other.addr == lock || other.addr == kNoSym) return false;
      const SymTable& syms = world_.syms;
      SymId a = lock, b = other.addr;
      while (syms[a].kind == SymKind::Field && syms[b].kind == SymKind::Field && syms[a].b == syms[b].b) {
        a = syms[a].a;
        b = syms[b].a;
      }
      if (syms[a].kind != SymKind::Element || syms[b].kind != SymKind::Element || syms[a].a != syms[b].a)
        return false;
      const SymId i = syms[a].b, j = syms[b].b;
      return i != j &&
             (i == kNoSym || j == kNoSym || syms[i].kind != SymKind::Const || syms[j].kind != SymKind::Const);
    });
  }

  bool mixedUnlock(const Summary& summary, Gid gid) const {
    bool held = false, unheld = false;
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::Release || event.gid != gid) continue;
      ((event.flags & kEventUnheld) ? unheld : held) = true;
    }
    return held && unheld;
  }

  // An exception that leaves the function past a lock taken by hand.
  void thrown(ContextId c, const Snapshot& snapshot, const Summary& summary) {
    for (const Held& held : snapshot.locks) {
      if (held.maybe || held.soft || held.at != held.primitive) continue;
      bool normally = std::any_of(summary.outcomes.begin(), summary.outcomes.end(), [&](const Outcome& o) {
        return std::any_of(o.at_exit.locks.begin(), o.at_exit.locks.end(),
                           [&](const Held& h) { return h.lock == held.lock; });
      });
      SetId places = world_.eval(c, held.lock);
      std::vector<PlaceId> classes = reporter_.lockClasses(places);
      if (normally || classes.empty() || semaphore(places) || !leaked_.insert(held.primitive).second)
        continue;
      std::string name = reporter_.lockName(classes[0]);
      add(model::Rule::LockNotReleased, model::Confidence::Proven,
          "an exception leaves the function with the lock held",
          "`" + name + "`, locked at " + reporter_.where(held.primitive) +
              ", is still held when an exception leaves `" +
              std::string(world_.program.functionName(world_.contexts[c].function)) + "`",
          c, held.primitive, "acquires, not released by the exception", classes[0], LockKind::Mutex, held.at,
          "through this call");
    }
  }

  bool semaphore(SetId places) const {
    for (PlaceId place : world_.set(places)) {
      if (world_.semaphore_values.count(place)) return true;
      const TypeInfo* type = world_.program.typeInfo(world_.typeOf(place));
      if (type &&
          (type->name.starts_with("sem_t") || type->qualified.find("semaphore") != std::string_view::npos ||
           type->qualified.find("once") != std::string_view::npos))
        return true;
    }
    return false;
  }

  void leaks() {
    for (const Candidate& candidate : candidates_) {
      // Dropped by a caller: a wrapper.
      if (world_.link.released_by_caller.count(candidate.primitive)) continue;
      if (!leaked_.insert(candidate.primitive).second) continue;
      std::string name = reporter_.lockName(candidate.lock);
      // Without an unlock of its own it may be meant to leave the lock to its callers.
      bool leaks = candidate.released_here && certain(candidate.context);
      add(model::Rule::LockNotReleased, leaks ? model::Confidence::Proven : model::Confidence::Possible,
          leaks ? "a path of this function returns with the lock, others release it"
                : "a path of this function returns with the lock, others do not; its callers may know which",
          "`" + name + "`, locked at " + reporter_.where(candidate.primitive) +
              ", is still held on a path that leaves `" +
              std::string(world_.program.functionName(world_.contexts[candidate.context].function)) + "`",
          candidate.context, candidate.primitive, "acquires, not released on every path", candidate.lock,
          LockKind::Mutex, candidate.at, "through this call");
      addReturns(candidate.primitive);
    }
  }

  void destroyed(ContextId c, const Event& event, const Snapshot& snapshot) {
    SetId places = world_.eval(c, event.addr);
    std::vector<PlaceId> classes = reporter_.lockClasses(places);
    if (classes.empty()) return;
    for (const HeldAt& held : world_.heldAt(c, snapshot)) {
      if (held.maybe || held.soft) continue;
      bool same = held.sym == event.addr || (held.places == places && world_.set(places).size() == 1 &&
                                             world_.singlePlace(world_.set(places)[0]));
      if (!same || !destroyed_.insert(event.gid).second) continue;
      std::string name = reporter_.lockName(classes[0]);
      // What callers hold is theirs by name only where the object is one and the same.
      model::Confidence confidence = held.context == c && certain(c)         ? model::Confidence::Proven
                                     : held.sym == event.addr && !world_.cut ? model::Confidence::Likely
                                                                             : model::Confidence::Possible;
      add(model::Rule::DestroyLocked, confidence,
          confidence == model::Confidence::Possible ? "a caller holds a lock that may be this one"
                                                    : "on this path the lock is certainly held",
          "`" + name + "` is destroyed at " + reporter_.where(event.gid) + " while it is held since " +
              reporter_.where(held.primitive),
          c, event.gid, "destroys", classes[0], event.lock_kind, held.primitive, "acquires");
    }
  }

  struct Candidate {
    ContextId context;
    Gid primitive, at;
    PlaceId lock;
    bool released_here;
  };

  struct MainLeak {
    ContextId context;
    Held held;
    PlaceId lock;
  };

  Reporter& reporter_;
  World& world_;
  std::map<Gid, std::set<Gid>> returns_;  // that leave what was locked there; see collectReturns
  std::vector<Candidate> candidates_;
  std::vector<MainLeak> main_leaks_;
  std::set<Gid> good_, unheld_, leaked_, destroyed_;
};

}  // namespace

void checkReleases(Reporter& reporter) { ReleaseCheck(reporter).run(); }

}  // namespace gridlock::link
