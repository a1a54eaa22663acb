// signal-unsafe-lock: locks that a signal handler takes, and that the interrupted code may hold.
#include "analyzer/link/check.h"

namespace gridlock::link {

namespace {

class SignalCheck {
 public:
  explicit SignalCheck(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
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

 private:
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

  Reporter& reporter_;
  World& world_;
};

}  // namespace

void checkSignals(Reporter& reporter) { SignalCheck(reporter).run(); }

}  // namespace gridlock::link
