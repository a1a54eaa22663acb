// use-of-invalid-lock: a lock that is taken after it was destroyed, is initialised while it is initialised,
// or is the copy of a lock in use.
//
// Within one function the flow says so (kEventInvalid). Through calls it names the call that does it
// (InvalidCall), and the place is looked for below that call.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "analyzer/link/check.h"

namespace gridlock::link {

namespace {

class InvalidLockCheck {
 public:
  explicit InvalidLockCheck(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Summary& summary = summaryOf(c);
      for (const Event& event : summary.events) {
        if (event.kind != EventKind::Acquire && event.kind != EventKind::InitLock) continue;
        if (event.flags & kEventInvalid)
          add(c, event, kNone);
        else if (const Gid call = invalidCall(c, event, summary.snapshots[event.snapshot]); call != kNone)
          add(c, event, call);
      }
    }
    collectUses();
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      for (const Event& event : summaryOf(c).events)
        if (event.kind == EventKind::CopyObject) copied(c, event);
    }
  }

 private:
  // Where a lock is first seen to be taken.
  struct Use {
    PlaceId place;
    const Event* event;
  };

  // The steps from `outer` to a place within it; nothing when it is not within.
  std::optional<std::vector<PlaceId>> stepsFrom(PlaceId outer, PlaceId inner) const {
    std::vector<PlaceId> steps;
    for (PlaceId at = inner; at != outer; at = world_.parts[at].parent) {
      if (world_.parts[at].parent == kNone) return std::nullopt;
      steps.push_back(at);
    }
    return steps;
  }

  bool sameSteps(const std::vector<PlaceId>& a, const std::vector<PlaceId>& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](PlaceId x, PlaceId y) {
      const Part &p = world_.parts[x], &q = world_.parts[y];
      return p.step == q.step && p.field == q.field && p.index == q.index;
    });
  }

  void collectUses() {
    std::set<PlaceId> seen;
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      for (const Event& event : summaryOf(c).events) {
        if (event.kind != EventKind::Acquire && event.kind != EventKind::InitLock) continue;
        const std::vector<std::uint32_t>& places = world_.set(world_.eval(c, event.addr));
        if (event.kind == EventKind::InitLock)
          initialised_.insert(places.begin(), places.end());
        else if (places.size() == 1 && seen.insert(places[0]).second)
          uses_[world_.parts[places[0]].object].push_back({places[0], &event});
      }
    }
  }

  // Both what is copied and the copy are taken somewhere, and nothing makes the copy a lock of its own.
  void copied(ContextId c, const Event& event) {
    if (world_.syms[event.addr].kind == SymKind::Alloc) return;  // memory that moved
    const std::vector<std::uint32_t>& to = world_.set(world_.eval(c, event.addr));
    if (to.size() != 1) return;
    const PlaceId target = to[0];
    const std::vector<std::uint32_t>& from = world_.set(world_.eval(c, event.value));
    if (from.size() != 1 || from[0] == target) return;
    const PlaceId source = from[0];
    const auto copies = uses_.find(world_.parts[target].object);
    const auto originals = uses_.find(world_.parts[source].object);
    if (copies == uses_.end() || originals == uses_.end()) return;
    for (const Use& copy : copies->second) {
      const auto steps = stepsFrom(target, copy.place);
      if (!steps || steps->empty() || initialised_.count(copy.place)) continue;
      for (const Use& original : originals->second) {
        const auto other = stepsFrom(source, original.place);
        if (!other || !sameSteps(*steps, *other)) continue;
        addCopy(c, event, copy, original);
        return;
      }
    }
  }

  void addCopy(ContextId c, const Event& event, const Use& copy, const Use& original) {
    if (!done_.insert(event.gid).second) return;
    const std::string name = reporter_.lockName(original.place);
    model::Finding finding = begin(world_.cut ? model::Confidence::Possible : model::Confidence::Likely,
                                   "both the lock and its copy are taken, and the copy is never initialised");
    finding.message = "`" + name + "` is copied at " + reporter_.where(event.gid) +
                      " with the structure it stands in, and the copy is locked at " +
                      reporter_.where(copy.event->gid);
    finding.locations.push_back(reporter_.location(event.gid, "copies the lock"));
    finding.locations.push_back(reporter_.location(copy.event->gid, "acquires the copy"));
    finding.locks.push_back(reporter_.lock(original.place, original.event->lock_kind));
    finding.threads.push_back(reporter_.thread(world_.contexts[c].origin));
    reporter_.report.findings.push_back(std::move(finding));
  }

  static model::Finding begin(model::Confidence confidence, std::string reason) {
    model::Finding finding;
    finding.rule = model::Rule::UseOfInvalidLock;
    finding.confidence = confidence;
    finding.severity = model::severityFor(finding.rule, confidence);
    finding.reason = std::move(reason);
    return finding;
  }

  const Summary& summaryOf(ContextId c) const { return world_.link.summaries[world_.contexts[c].function]; }

  bool calls(const Summary& summary, Gid gid, Index function) const {
    return std::any_of(summary.calls.begin(), summary.calls.end(), [&](const CallSite& site) {
      if (site.gid != gid || site.callee == kNoSym) return false;
      const Sym& callee = world_.syms[site.callee];
      return callee.kind == SymKind::Func && world_.program.symbols[callee.a].function == function;
    });
  }

  // The innermost call on the way to `event` of which the flow knows that it misuses this lock; kNone: none.
  Gid invalidCall(ContextId c, const Event& event, const Snapshot& snapshot) const {
    const SetId places = world_.eval(c, event.addr);
    if (world_.set(places).size() != 1) return kNone;
    const bool init = event.kind == EventKind::InitLock;
    // What makes it right on the way.
    const auto mended = [&](ContextId at, const Snapshot& known) {
      const std::vector<SymId>& list = init ? known.destroyed : known.initialised;
      return std::any_of(list.begin(), list.end(),
                         [&](SymId lock) { return world_.eval(at, lock) == places; });
    };
    if (mended(c, snapshot)) return kNone;
    for (ContextId at = c; world_.contexts[at].parent != kNone; at = world_.contexts[at].parent) {
      const ContextId caller = world_.contexts[at].parent;
      const Gid call = world_.contexts[at].call;
      const Summary& summary = summaryOf(caller);
      for (const Event& e : summary.events) {
        if (e.kind != EventKind::InvalidCall || world_.eval(caller, e.addr) != places) continue;
        // Calls that mean the same share a context.
        if (e.gid != call && !calls(summary, e.gid, world_.contexts[at].function)) continue;
        const Snapshot& known = summary.snapshots[e.snapshot];
        const std::vector<SymId>& state = init ? known.initialised : known.destroyed;
        if (std::binary_search(state.begin(), state.end(), e.addr)) return e.gid;
      }
      for (const Event& e : summary.events) {
        if (e.gid == call && e.kind == EventKind::Call && mended(caller, summary.snapshots[e.snapshot]))
          return kNone;
      }
    }
    return kNone;
  }

  void add(ContextId c, const Event& event, Gid call) {
    const std::vector<PlaceId> classes = reporter_.lockClasses(world_.eval(c, event.addr));
    if (classes.empty() || !done_.insert(event.gid).second) return;
    const std::string name = reporter_.lockName(classes[0]);
    const bool init = event.kind == EventKind::InitLock;
    model::Finding finding =
        begin(call == kNone ? model::Confidence::Proven
              : world_.cut  ? model::Confidence::Possible
                            : model::Confidence::Likely,
              init ? "on this path it is certainly initialised" : "on this path it is certainly destroyed");
    finding.message =
        init ? "`" + name + "` is initialised a second time at " + reporter_.where(event.gid)
             : "`" + name + "` is locked at " + reporter_.where(event.gid) + " after it was destroyed";
    finding.locations.push_back(
        reporter_.location(event.gid, init ? "initialises again" : "acquires, destroyed before"));
    if (call != kNone) finding.locations.push_back(reporter_.location(call, "through this call"));
    finding.locks.push_back(reporter_.lock(classes[0], event.lock_kind));
    finding.threads.push_back(reporter_.thread(world_.contexts[c].origin));
    model::Step step;
    step.thread = finding.threads[0];
    step.action = init ? "initialises" : "acquires";
    step.lock = finding.locks[0];
    step.site = reporter_.site(event.gid);
    // Another call of those that share the context may stand in its stack.
    if (call == kNone || call == world_.contexts[c].call) step.stack = reporter_.stack(c, event.gid);
    finding.steps.push_back(step);
    reporter_.report.findings.push_back(std::move(finding));
  }

  Reporter& reporter_;
  World& world_;
  std::set<Gid> done_;
  std::map<std::uint32_t, std::vector<Use>> uses_;  // by object
  std::set<PlaceId> initialised_;
};

}  // namespace

void checkInvalidLocks(Reporter& reporter) { InvalidLockCheck(reporter).run(); }

}  // namespace gridlock::link
