// wait-while-holding: a wait for a condition or a semaphore that keeps a lock which those need who would end
// it.
#include <algorithm>

#include "analyzer/link/check.h"
#include "analyzer/link/checks/conflicts.h"

namespace gridlock::link {

namespace {

class Lockouts {
 public:
  explicit Lockouts(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Summary& summary = summaryOf(c);
      for (Index e = 0; e < summary.events.size(); ++e) {
        const Event& event = summary.events[e];
        const bool post = event.kind == EventKind::Release && (event.flags & kEventSemaphore);
        if (event.addr != kNoSym && (post || event.kind == EventKind::Notify)) tellers_.push_back({c, e});
      }
    }
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Summary& summary = summaryOf(c);
      for (Index e = 0; e < summary.events.size(); ++e) {
        const Event& event = summary.events[e];
        if (event.flags & (kEventTimed | kEventTry)) continue;
        if (event.kind == EventKind::Wait) waits(c, e);
        if (event.kind == EventKind::Acquire && event.lock_kind == LockKind::Semaphore) waitsForPost(c, e);
      }
    }
  }

 private:
  struct At {
    ContextId context;
    Index event;
  };
  // Where the one who would end the wait needs the lock, and tells.
  struct Need {
    Gid takes, tells;
    OriginId origin;
  };

  const Summary& summaryOf(ContextId c) const { return world_.link.summaries[world_.contexts[c].function]; }
  const Event& eventOf(const At& at) const { return summaryOf(at.context).events[at.event]; }
  const Snapshot& snapshotOf(const At& at) const {
    return summaryOf(at.context).snapshots[eventOf(at).snapshot];
  }

  void waits(ContextId c, Index e) {
    const At wait{c, e};
    const Event& event = eventOf(wait);
    const SetId lock = world_.eval(c, event.value);
    const std::vector<PlaceId> classes = reporter_.lockClasses(lock);
    if (classes.size() != 1) return;
    const SetId condition = event.addr == kNoSym ? 0 : world_.eval(c, event.addr);
    for (const HeldAt& h : world_.heldAt(c, snapshotOf(wait))) {
      if (h.maybe || h.soft || h.sym == event.value || h.places == lock) continue;
      const std::vector<PlaceId> other = reporter_.lockClasses(h.places);
      if (other.size() != 1 || reporter_.lockName(other[0]) == reporter_.lockName(classes[0]) ||
          world_.semaphore_values.count(other[0]))
        continue;
      bool told = false;
      std::optional<Need> need;
      for (const At& teller : tellers_) {
        if (eventOf(teller).kind != EventKind::Notify ||
            world_.eval(teller.context, eventOf(teller).addr) != condition)
          continue;
        told = true;
        need = needOf(teller, h, wait);
        if (need) break;
      }
      report(wait, h, other[0], need,
             need    ? "who notifies takes that lock, too"
             : !told ? "who notifies is not known"
                     : "whether who notifies needs that lock is not known");
    }
  }

  // A semaphore that starts at 0: one of the posts must come first, and each of them needs the lock.
  void waitsForPost(ContextId c, Index e) {
    const At wait{c, e};
    const std::vector<std::uint32_t>& places = world_.set(world_.eval(c, eventOf(wait).addr));
    if (places.size() != 1 || !world_.singlePlace(places[0])) return;
    const auto initial = world_.semaphore_values.find(places[0]);
    if (initial == world_.semaphore_values.end() || initial->second != 0) return;
    if (!world_.feasible(c, summaryOf(c), snapshotOf(wait))) return;
    for (const HeldAt& h : world_.heldAt(c, snapshotOf(wait))) {
      if (h.maybe || h.soft || world_.set(h.places).size() != 1) continue;
      const PlaceId lock = world_.set(h.places)[0];
      if (!world_.singlePlace(lock) || world_.semaphore_values.count(lock)) continue;
      std::optional<Need> need;
      bool all = true;
      for (const At& teller : tellers_) {
        if (eventOf(teller).kind != EventKind::Release) continue;
        const std::vector<std::uint32_t>& posted =
            world_.set(world_.eval(teller.context, eventOf(teller).addr));
        if (!posted.empty() && !std::binary_search(posted.begin(), posted.end(), places[0])) continue;
        const std::optional<Need> its = posted.empty() ? std::nullopt : needOf(teller, h, wait);
        all &= its.has_value();
        if (its && !need) need = its;
      }
      if (all && need) report(wait, h, lock, need, "all that post it take that lock, too");
    }
  }

  // Whether who tells holds that lock then, or has had to take it on the way.
  std::optional<Need> needOf(const At& teller, const HeldAt& h, const At& wait) {
    const std::string name = reporter_.lockName(world_.set(h.places)[0]);
    const Gid tells = eventOf(teller).gid;
    const OriginId origin = world_.contexts[teller.context].origin;
    for (const HeldAt& x : world_.heldAt(teller.context, snapshotOf(teller))) {
      const std::vector<PlaceId> its = reporter_.lockClasses(x.places);
      if (!x.maybe && its.size() == 1 && reporter_.lockName(its[0]) == name)
        return Need{x.primitive, tells, origin};
    }
    for (SymId taken : snapshotOf(teller).acquired) {
      if (world_.eval(teller.context, taken) != h.places || world_.set(h.places).size() != 1 ||
          !world_.singlePlace(world_.set(h.places)[0]))
        continue;
      // Not where it was taken before the one who waits began.
      const Access side = world_.sideAt(wait.context, wait.event);
      const Summary& summary = summaryOf(teller.context);
      std::optional<Gid> takes;
      bool before = false;
      for (Index e = 0; e < summary.events.size(); ++e) {
        if (summary.events[e].kind != EventKind::Acquire || summary.events[e].addr != taken) continue;
        if (summary.events[e].flags & (kEventTry | kEventTimed)) before = true;
        before |= conflicts_.apart(side, world_.sideAt(teller.context, e));
        if (!takes) takes = summary.events[e].gid;
      }
      if (takes && !before) return Need{*takes, tells, origin};
    }
    return std::nullopt;
  }

  void report(const At& wait, const HeldAt& h, PlaceId lock, const std::optional<Need>& need,
              std::string reason) {
    const Gid at = eventOf(wait).gid;
    if (!done_.insert(at).second) return;
    const std::string name = reporter_.lockName(lock);
    model::Finding finding;
    finding.rule = model::Rule::WaitWhileHolding;
    finding.confidence = need ? model::Confidence::Likely : model::Confidence::Possible;
    finding.severity = model::severityFor(finding.rule, finding.confidence);
    finding.reason = std::move(reason);
    finding.message = "the wait at " + reporter_.where(at) + " keeps `" + name + "` held";
    if (need)
      finding.message += ", which `" + reporter_.threadName(need->origin) + "` takes at " +
                         reporter_.where(need->takes) + " before it can end the wait";
    finding.locations.push_back(reporter_.location(at, "waits"));
    finding.locations.push_back(reporter_.location(h.primitive, "acquires " + name));
    if (need) {
      finding.locations.push_back(reporter_.location(need->takes, "needs " + name));
      finding.locations.push_back(reporter_.location(need->tells, "would end the wait"));
    }
    finding.locks.push_back(reporter_.lock(lock));
    finding.threads.push_back(reporter_.thread(world_.contexts[wait.context].origin));
    if (need && need->origin != world_.contexts[wait.context].origin)
      finding.threads.push_back(reporter_.thread(need->origin));
    reporter_.report.findings.push_back(std::move(finding));
  }

  Reporter& reporter_;
  World& world_;
  const Conflicts conflicts_{world_};
  std::vector<At> tellers_;
  std::set<Gid> done_;
};

}  // namespace

void checkLockouts(Reporter& reporter) { Lockouts(reporter).run(); }

}  // namespace gridlock::link
