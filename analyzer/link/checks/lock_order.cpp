// Lock-order edges with their witnesses, and self-deadlock. The cycles are
// found by the model.
#include <algorithm>

#include "analyzer/link/check.h"

namespace gridlock::link {

namespace {

constexpr std::size_t kWitnesses = 64;  // of one edge

class OrderCheck {
 public:
  explicit OrderCheck(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Summary& summary = world_.link.summaries[world_.contexts[c].function];
      for (const Event& event : summary.events) {
        const Snapshot& snapshot = summary.snapshots[event.snapshot];
        if (event.kind == EventKind::Acquire) acquired(c, event, snapshot, event.addr, false);
        if (event.kind == EventKind::Wait) acquired(c, event, snapshot, event.value, true);
      }
    }
    // Smaller first in one place and larger first in another is no order.
    for (const Compared& e : compared_) {
      auto key = std::minmax({reporter_.lockName(e.from), reporter_.lockName(e.to)});
      if (ways_[{key.first, key.second}] != 3) continue;
      addEdge(e.context, *e.event, *e.snapshot, e.held, e.held[e.at], e.from, e.to, e.from_exact, e.to_exact,
              e.to_mode, e.vague, e.wait);
    }
    signals();
    for (auto& [key, edge] : edges_) {
      edge.id = static_cast<model::Id>(reporter_.report.lock_order.size());
      reporter_.report.lock_order.push_back(std::move(edge));
    }
  }

 private:
  void acquired(ContextId c, const Event& event, const Snapshot& snapshot, SymId lock, bool wait) {
    if (world_.origins[world_.contexts[c].origin].signal) return;
    if (!world_.feasible(c, world_.link.summaries[world_.contexts[c].function], snapshot)) return;
    SetId places = world_.eval(c, lock);
    if (places == 0 || event.lock_kind == LockKind::File) return;
    std::vector<PlaceId> targets = reporter_.lockClasses(places);
    std::vector<HeldAt> held = world_.heldAt(c, snapshot);
    bool exact = world_.set(places).size() == 1 && world_.singlePlace(world_.set(places)[0]);
    Mode to_mode = (event.flags & kEventShared) ? Mode::Shared : Mode::Exclusive;
    if (!wait) checkSelf(c, event, lock, places, exact, held, to_mode);
    bool semaphore = event.lock_kind == LockKind::Semaphore;
    if (semaphore) {
      for (PlaceId place : world_.set(places)) {
        auto it = world_.semaphore_values.find(place);
        if (it == world_.semaphore_values.end() || it->second != 1) return;
      }
    }
    for (const HeldAt& h : held) {
      if (h.maybe || h.soft || h.places == 0) continue;
      if (wait && (h.sym == lock || h.places == places)) continue;
      std::vector<PlaceId> sources = reporter_.lockClasses(h.places);
      bool from_exact = world_.set(h.places).size() == 1 && world_.singlePlace(world_.set(h.places)[0]);
      if (sources.size() * targets.size() > 9) continue;
      for (PlaceId from : sources) {
        bool ignored = false;
        for (PlaceId f : world_.set(h.places)) {
          auto it = world_.semaphore_values.find(f);
          if (it != world_.semaphore_values.end() && it->second != 1) ignored = true;
        }
        if (ignored) continue;
        for (PlaceId to : targets) {
          bool same_class = reporter_.lockName(from) == reporter_.lockName(to);
          if (same_class && (h.sym == lock || (from_exact && exact && from == to))) continue;
          if (same_class && (h.places == places) && (world_.syms.hasStale(h.sym == kNoSym ? lock : h.sym)))
            continue;
          if (same_class && !(from_exact && exact) && !anyTwo(h.sym, lock)) continue;
          if (int way = compared(snapshot, h.sym, lock); way != 0) {
            auto key = std::minmax({reporter_.lockName(from), reporter_.lockName(to)});
            ways_[{key.first, key.second}] |= way;
            compared_.push_back({c, &event, &snapshot, held, static_cast<std::size_t>(&h - held.data()), from,
                                 to, from_exact, exact, to_mode, sources.size() * targets.size() > 2, wait});
            continue;
          }
          addEdge(c, event, snapshot, held, h, from, to, from_exact, exact, to_mode,
                  sources.size() * targets.size() > 2, wait);
        }
      }
    }
  }

  void addEdge(ContextId c, const Event& event, const Snapshot& snapshot, const std::vector<HeldAt>& held,
               const HeldAt& h, PlaceId from, PlaceId to, bool from_exact, bool to_exact, Mode to_mode,
               bool vague, bool wait) {
    model::Id from_id = reporter_.lock(from), to_id = reporter_.lock(to, event.lock_kind);
    auto key = std::make_tuple(from_id, to_id, static_cast<int>(h.mode), static_cast<int>(to_mode));
    model::OrderEdge& edge = edges_[key];
    edge.from = from_id;
    edge.to = to_id;
    edge.from_mode = h.mode;
    edge.to_mode = to_mode;
    edge.seen_static = true;
    edge.count = std::max<std::uint64_t>(edge.count, 1);
    OriginId origin = world_.contexts[c].origin;
    SetId alive = world_.aliveAt(c, snapshot);
    model::Witness witness;
    witness.run = reporter_.run;
    witness.thread = reporter_.thread(origin);
    witness.segment = reporter_.segment(origin, alive);
    witness.from_mode = h.mode;
    witness.to_mode = to_mode;
    witness.request = wait                          ? RequestKind::Blocking
                      : (event.flags & kEventTry)   ? RequestKind::Try
                      : (event.flags & kEventTimed) ? RequestKind::Timed
                                                    : RequestKind::Blocking;
    if (from_exact) witness.from_instance = from;
    if (to_exact) witness.to_instance = to;
    for (const HeldAt& other : held) {
      if (&other == &h || other.maybe || other.soft) continue;
      std::vector<PlaceId> classes = reporter_.lockClasses(other.places);
      if (classes.size() != 1) continue;
      model::HeldLock gate;
      gate.lock = reporter_.lock(classes[0]);
      gate.mode = other.mode;
      if (world_.set(other.places).size() == 1 && world_.singlePlace(classes[0])) gate.instance = classes[0];
      if (gate.lock == to_id || gate.lock == from_id) continue;
      if (std::none_of(witness.held.begin(), witness.held.end(),
                       [&](const model::HeldLock& x) { return x.lock == gate.lock; }))
        witness.held.push_back(gate);
    }
    if (reporter_.lockName(from) == reporter_.lockName(to) && !(from_exact && to_exact))
      witness.note = "any two objects can meet";
    if (vague) witness.note = "which of several locks it is, is not certain";
    // Witnesses that differ only in their stacks are one.
    for (const model::Witness& known : edge.witnesses) {
      bool same_held = known.held.size() == witness.held.size();
      for (std::size_t i = 0; same_held && i < known.held.size(); ++i)
        same_held = known.held[i].lock == witness.held[i].lock && known.held[i].mode == witness.held[i].mode;
      if (same_held && known.thread == witness.thread && known.segment == witness.segment &&
          known.from_instance == witness.from_instance && known.to_instance == witness.to_instance &&
          known.request == witness.request && known.note == witness.note &&
          sites_[{&edge, static_cast<std::size_t>(&known - edge.witnesses.data())}] ==
              std::make_pair(h.primitive, event.gid))
        return;
    }
    if (edge.witnesses.size() >= kWitnesses) {
      reporter_.report.runs.back().dropped["witnesses"]++;
      return;
    }
    witness.from_stack = reporter_.stack(h.context, h.at, h.primitive);
    witness.to_stack = reporter_.stack(c, event.gid);
    sites_[{&edge, edge.witnesses.size()}] = {h.primitive, event.gid};
    edge.witnesses.push_back(std::move(witness));
  }

  // Whether two objects of one class can be meant in either order: they come
  // from different arguments or indices, and nothing puts them into an order
  // (one reached from the other, smaller first).
  bool anyTwo(SymId from, SymId to) const {
    const SymTable& syms = world_.syms;
    if (from == kNoSym || from == to || syms.hasStale(from) || syms.hasStale(to)) return false;
    auto base = [&](SymId id) {
      while (syms[id].kind == SymKind::Field) id = syms[id].a;
      return id;
    };
    SymId x = base(from), y = base(to);
    if (x == y) return false;
    auto indexed = [&](SymId id) { return syms[id].kind == SymKind::Element; };
    if (indexed(x) != indexed(y)) return false;
    if (indexed(x)) {
      if (syms[x].a != syms[y].a || syms[x].b == kNoSym || syms[y].b == kNoSym) return false;
      return plainIndex(syms[x].b) && plainIndex(syms[y].b);
    }
    if (syms.contains(x, y) || syms.contains(y, x)) return false;
    auto argument = [&](SymId id) {
      SymKind kind = syms[id].kind;
      return kind == SymKind::Param || (kind == SymKind::Load && syms[syms[id].a].kind == SymKind::Field &&
                                        syms[syms[syms[id].a].a].kind == SymKind::Param);
    };
    return argument(x) && argument(y) && syms[x].kind == syms[y].kind;
  }

  // Made of arguments and constants only: nothing has chosen between two.
  bool plainIndex(SymId id) const {
    const Sym& s = world_.syms[id];
    if (s.kind == SymKind::Arith) return plainIndex(s.a) && plainIndex(s.b);
    if (s.kind == SymKind::Load || s.kind == SymKind::Field) return plainIndex(s.a);
    return s.kind == SymKind::Param || s.kind == SymKind::Const;
  }

  // `if (a->id < b->id)`: the order is that of the comparison. 1: the smaller is taken first, 2: the larger;
  // 0: nothing is compared.
  int compared(const Snapshot& snapshot, SymId from, SymId to) const {
    if (from == kNoSym) return 0;
    const SymTable& syms = world_.syms;
    auto base = [&](SymId id) {
      while (syms[id].kind == SymKind::Field) id = syms[id].a;
      return id;
    };
    SymId x = base(from), y = base(to);
    for (const Fact& fact : snapshot.facts) {
      if (syms[fact.sym].kind != SymKind::Compare) continue;
      auto op = static_cast<facts::CompareOp>(syms[fact.sym].n);
      if (op == facts::CompareOp::Eq || op == facts::CompareOp::Ne) continue;
      SymId left = syms[fact.sym].a, right = syms[fact.sym].b;
      const bool forward = syms.contains(left, x) && syms.contains(right, y);
      if (!forward && !(syms.contains(left, y) && syms.contains(right, x))) continue;
      const bool less = op == facts::CompareOp::Lt || op == facts::CompareOp::Le;
      const bool holds = fact.equal != (fact.value == 0);
      return (less == holds) == forward ? 1 : 2;
    }
    return 0;
  }

  // Locks that a signal handler takes, and that the interrupted code may hold.
  void signals() {
    std::map<PlaceId, Gid> taken;
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      if (world_.origins[world_.contexts[c].origin].signal) continue;
      for (const Event& event : world_.link.summaries[world_.contexts[c].function].events) {
        if (event.kind != EventKind::Acquire) continue;
        for (PlaceId place : world_.set(world_.eval(c, event.addr))) taken.emplace(place, event.gid);
      }
    }
    std::set<Gid> done;
    handlers(false, taken, done);
    handlers(true, taken, done);
  }

  // `crash`: those of signals by which a program crashes.
  void handlers(bool crash, const std::map<PlaceId, Gid>& taken, std::set<Gid>& done) {
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Origin& origin = world_.origins[world_.contexts[c].origin];
      if (!origin.signal || origin.crash != crash) continue;
      for (const Event& event : world_.link.summaries[world_.contexts[c].function].events) {
        if (event.kind != EventKind::Acquire || (event.flags & kEventTry)) continue;
        for (PlaceId place : world_.set(world_.eval(c, event.addr))) {
          auto it = taken.find(place);
          if (it == taken.end() || !done.insert(event.gid).second) continue;
          model::Finding finding;
          finding.rule = model::Rule::SignalUnsafeLock;
          finding.confidence = crash ? model::Confidence::Possible : model::Confidence::Likely;
          finding.severity = model::severityFor(finding.rule, finding.confidence);
          finding.reason = crash
                               ? "the signal is one of a crash: the handler waits for ever when that happens "
                                 "while the lock is held"
                               : "the signal can arrive while the interrupted thread holds the lock";
          std::string name = reporter_.lockName(place);
          finding.message = "the signal handler `" + reporter_.threadName(world_.contexts[c].origin) +
                            "` locks `" + name + "` at " + reporter_.where(event.gid) +
                            ", which the code it interrupts may hold (" + reporter_.where(it->second) + ")";
          finding.locations.push_back(reporter_.location(event.gid, "acquires " + name + " in the handler"));
          finding.locations.push_back(reporter_.location(it->second, "acquires " + name));
          finding.locks.push_back(reporter_.lock(place, event.lock_kind));
          reporter_.report.findings.push_back(std::move(finding));
        }
      }
    }
  }

  bool recursive(SetId places, LockKind kind) const {
    if (kind == LockKind::RecursiveMutex || kind == LockKind::Semaphore || kind == LockKind::File)
      return true;
    for (PlaceId place : world_.set(places)) {
      if (world_.recursive_locks.count(place) || world_.error_checking_locks.count(place)) return true;
      const TypeInfo* type = world_.program.typeInfo(world_.typeOf(place));
      if (type && type->qualified.find("recursive") != std::string_view::npos) return true;
      if (type && type->qualified.find("Recursive") != std::string_view::npos) return true;
    }
    return false;
  }

  void checkSelf(ContextId c, const Event& event, SymId lock, SetId places, bool exact,
                 const std::vector<HeldAt>& held, Mode to_mode) {
    if (event.flags & (kEventTry | kEventTimed)) return;
    if (recursive(places, event.lock_kind)) return;
    for (const HeldAt& h : held) {
      if (h.maybe || h.soft) continue;
      bool same = (h.sym == lock && !world_.syms.hasStale(lock)) || (exact && h.places == places);
      if (!same) continue;
      if (reporter_.leaked.count(h.primitive) && (h.context != c || h.at != h.primitive)) continue;
      bool both_shared = h.mode == Mode::Shared && to_mode == Mode::Shared;
      if (!done_.insert({event.gid, h.primitive}).second) return;
      model::Finding finding;
      finding.rule = both_shared ? model::Rule::RecursiveRead : model::Rule::SelfDeadlock;
      bool near = h.context == c || h.context == world_.contexts[c].parent;
      bool cut = world_.link.summaries[world_.contexts[c].function].cut ||
                 world_.link.summaries[world_.contexts[h.context].function].cut;
      bool joined = !near && world_.cut;
      finding.confidence = both_shared || joined ? model::Confidence::Possible
                           : near && !cut        ? model::Confidence::Proven
                                                 : model::Confidence::Likely;
      finding.reason = both_shared ? "deadlocks only if a writer waits between the two"
                       : joined    ? "a bound was met: callers that hold the lock and others were joined"
                                   : "on this path the lock is certainly held, and it is not recursive";
      std::vector<PlaceId> classes = reporter_.lockClasses(places);
      if (classes.empty()) return;
      PlaceId place = classes[0];
      std::string name = reporter_.lockName(place);
      finding.severity = model::severityFor(finding.rule, finding.confidence);
      finding.message = both_shared ? "`" + name + "` is read-locked at " + reporter_.where(event.gid) +
                                          " while this thread already holds it for reading"
                                    : "`" + name + "` is locked at " + reporter_.where(event.gid) +
                                          " by the thread that already holds it since " +
                                          reporter_.where(h.primitive);
      finding.locations.push_back(reporter_.location(event.gid, "acquires " + name + " again"));
      finding.locations.push_back(reporter_.location(h.primitive, "acquires " + name));
      if (h.at != h.primitive) finding.locations.push_back(reporter_.location(h.at, "through this call"));
      finding.locks.push_back(reporter_.lock(place, event.lock_kind));
      finding.threads.push_back(reporter_.thread(world_.contexts[c].origin));
      for (int i = 0; i < 2; ++i) {
        model::Step step;
        step.thread = finding.threads[0];
        step.action = i == 0 ? "acquires" : "waits-for";
        step.lock = finding.locks[0];
        step.site = reporter_.site(i == 0 ? h.primitive : event.gid);
        step.stack = i == 0 ? reporter_.stack(h.context, h.at, h.primitive) : reporter_.stack(c, event.gid);
        finding.steps.push_back(step);
      }
      reporter_.report.findings.push_back(std::move(finding));
      return;
    }
  }

  // An edge whose locks a comparison has ordered.
  struct Compared {
    ContextId context;
    const Event* event;
    const Snapshot* snapshot;
    std::vector<HeldAt> held;
    std::size_t at;
    PlaceId from, to;
    bool from_exact, to_exact;
    Mode to_mode;
    bool vague, wait;
  };

  Reporter& reporter_;
  World& world_;
  std::vector<Compared> compared_;
  std::map<std::pair<std::string, std::string>, int> ways_;  // by two locks, in any order
  std::map<std::tuple<model::Id, model::Id, int, int>, model::OrderEdge> edges_;
  std::map<std::pair<const model::OrderEdge*, std::size_t>, std::pair<Gid, Gid>> sites_;
  std::set<std::pair<Gid, Gid>> done_;
};

}  // namespace

void checkLockOrders(Reporter& reporter) { OrderCheck(reporter).run(); }

}  // namespace gridlock::link
