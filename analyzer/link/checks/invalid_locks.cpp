// use-of-invalid-lock: a lock that is taken after it was destroyed, or initialised while it is initialised.
//
// Within one function the flow says so (kEventInvalid). Through calls it names the call that does it
// (InvalidCall), and the place is looked for below that call.
#include <algorithm>

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
  }

 private:
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
    model::Finding finding;
    finding.rule = model::Rule::UseOfInvalidLock;
    finding.confidence = call == kNone ? model::Confidence::Proven
                         : world_.cut  ? model::Confidence::Possible
                                       : model::Confidence::Likely;
    finding.severity = model::severityFor(finding.rule, finding.confidence);
    finding.reason =
        init ? "on this path it is certainly initialised" : "on this path it is certainly destroyed";
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
};

}  // namespace

void checkInvalidLocks(Reporter& reporter) { InvalidLockCheck(reporter).run(); }

}  // namespace gridlock::link
