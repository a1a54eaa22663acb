// self-deadlock and recursive-read: a thread asks for a lock that it holds.
#include <algorithm>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/check.h"
#include "analyzer/link/checks/conflicts.h"

namespace gridlock::link {

namespace {

class RelockCheck {
 public:
  explicit RelockCheck(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      if (world_.origins[world_.contexts[c].origin].signal) continue;
      const Summary& summary = world_.link.summaries[world_.contexts[c].function];
      for (Index e = 0; e < summary.events.size(); ++e) {
        const Event& event = summary.events[e];
        if (event.kind != EventKind::Acquire || event.lock_kind == LockKind::File) continue;
        if (world_.feasible(c, summary, summary.snapshots[event.snapshot])) acquired(c, e);
      }
    }
    for (const Read& read : reads_) report(read.context, read.event, read.held, writerBetween(read));
  }

 private:
  // A read lock that is taken again; told of once all writers are known.
  struct Read {
    ContextId context;
    Index event;
    HeldAt held;
  };

  const Event& eventOf(ContextId c, Index e) const {
    return world_.link.summaries[world_.contexts[c].function].events[e];
  }

  void acquired(ContextId c, Index e) {
    const Summary& summary = world_.link.summaries[world_.contexts[c].function];
    const Event& event = summary.events[e];
    const SetId places = world_.eval(c, event.addr);
    if (places == 0 || (event.flags & (kEventTry | kEventTimed))) return;
    const std::vector<std::uint32_t>& list = world_.set(places);
    const bool exact = list.size() == 1 && world_.singlePlace(list[0]);
    const bool shared = event.flags & kEventShared;
    if (exact && !shared) writers_[list[0]].emplace_back(c, e);
    if (recursive(places, event.lock_kind)) return;
    for (const HeldAt& h : world_.heldAt(c, summary.snapshots[event.snapshot])) {
      if (h.maybe || h.soft) continue;
      const bool same =
          (h.sym == event.addr && !world_.syms.hasStale(event.addr)) || (exact && h.places == places);
      if (!same) continue;
      if (reporter_.leaked.count(h.primitive) && (h.context != c || h.at != h.primitive)) continue;
      if (!done_.insert({event.gid, h.primitive}).second) return;
      if (h.mode == Mode::Shared && shared)
        reads_.push_back({c, e, h});
      else
        report(c, e, h, std::nullopt);
      return;
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

  // A thread that may ask for writing while the reader is between its two requests.
  std::optional<Gid> writerBetween(const Read& read) {
    const std::vector<std::uint32_t>& list =
        world_.set(world_.eval(read.context, eventOf(read.context, read.event).addr));
    if (list.size() != 1) return std::nullopt;
    const Access reader = world_.sideAt(read.context, read.event);
    for (auto [context, event] : writers_[list[0]]) {
      const Access writer = world_.sideAt(context, event);
      if (!conflicts_.apart(reader, writer) && !conflicts_.protectedPair(reader, writer))
        return eventOf(context, event).gid;
    }
    return std::nullopt;
  }

  // Whether readers that come after a waiting writer wait, too. What a thread gets that reads twice is not
  // said by the C++ standard.
  bool stopsReaders(PlaceId place) const {
    const TypeInfo* type = world_.program.typeInfo(world_.typeOf(place));
    return world_.writer_preferring_locks.count(place) > 0 ||
           (type && (type->qualified == "std::shared_mutex" || type->qualified == "std::shared_timed_mutex"));
  }

  // `f(n - 1)` on the way from where the lock was taken: the recursion is counted, and may end before.
  bool counted(ContextId from, ContextId to) const {
    constexpr auto kAdd = static_cast<std::int64_t>(facts::Arithmetic::Add);
    constexpr auto kSubtract = static_cast<std::int64_t>(facts::Arithmetic::Subtract);
    const SymTable& syms = world_.syms;
    for (ContextId c = to; c != from && world_.contexts[c].parent != kNone; c = world_.contexts[c].parent) {
      const Context& caller = world_.contexts[world_.contexts[c].parent];
      for (const CallSite& site : world_.link.summaries[caller.function].calls) {
        if (site.gid != world_.contexts[c].call) continue;
        for (SymId argument : site.args) {
          if (argument == kNoSym || syms[argument].kind != SymKind::Arith) continue;
          const Sym& s = syms[argument];
          if ((s.n == kAdd || s.n == kSubtract) && syms[s.a].kind == SymKind::Param &&
              syms[s.b].kind == SymKind::Const)
            return true;
        }
      }
    }
    return false;
  }

  // A name that leads through an element of a container: two of them may bear it.
  bool anyElement(SymId sym) const {
    const SymTable& syms = world_.syms;
    while (syms[sym].kind == SymKind::Field || syms[sym].kind == SymKind::Load) {
      if (syms[sym].kind == SymKind::Field && syms[sym].b == world_.link.element_field) return true;
      sym = syms[sym].a;
    }
    return false;
  }

  void report(ContextId c, Index e, const HeldAt& h, std::optional<Gid> writer) {
    const Event& event = eventOf(c, e);
    const std::vector<PlaceId> classes = reporter_.lockClasses(world_.eval(c, event.addr));
    if (classes.empty()) return;
    const PlaceId place = classes[0];
    const std::string name = reporter_.lockName(place);
    const bool both_shared = h.mode == Mode::Shared && (event.flags & kEventShared);
    const bool near = h.context == c || h.context == world_.contexts[c].parent;
    const bool cut = world_.link.summaries[world_.contexts[c].function].cut ||
                     world_.link.summaries[world_.contexts[h.context].function].cut;
    const bool joined = !near && world_.cut;
    const bool bounded = !near && counted(h.context, c);
    const bool vague = anyElement(event.addr);
    const bool stopped = both_shared && writer && stopsReaders(place);
    model::Finding finding;
    finding.rule = both_shared ? model::Rule::RecursiveRead : model::Rule::SelfDeadlock;
    finding.confidence = (both_shared && !stopped) || joined || bounded || vague ? model::Confidence::Possible
                         : near && !cut && !both_shared                          ? model::Confidence::Proven
                                                                                 : model::Confidence::Likely;
    finding.severity = model::severityFor(finding.rule, finding.confidence);
    finding.reason = joined    ? "a bound was met: callers that hold the lock and others were joined"
                     : vague   ? "any element of the container may be meant, perhaps two"
                     : bounded ? "the calls count: they may end before they come back here"
                     : stopped
                         ? "a writer may ask between the two: it waits for the first, and the second for it"
                     : both_shared && writer ? "a writer may ask between the two; they block when the lock "
                                               "prefers writers, which it is not known to do"
                     : both_shared           ? "deadlocks only if a writer waits between the two"
                                   : "on this path the lock is certainly held, and it is not recursive";
    finding.message = both_shared
                          ? "`" + name + "` is read-locked at " + reporter_.where(event.gid) +
                                " while this thread already holds it for reading"
                          : "`" + name + "` is locked at " + reporter_.where(event.gid) +
                                " by the thread that already holds it since " + reporter_.where(h.primitive);
    if (stopped)
      finding.message += "; a writer at " + reporter_.where(*writer) + " that asks between stops both";
    finding.locations.push_back(reporter_.location(event.gid, "acquires " + name + " again"));
    finding.locations.push_back(reporter_.location(h.primitive, "acquires " + name));
    if (h.at != h.primitive) finding.locations.push_back(reporter_.location(h.at, "through this call"));
    if (writer) finding.locations.push_back(reporter_.location(*writer, "asks for " + name + " to write"));
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
  }

  Reporter& reporter_;
  World& world_;
  const Conflicts conflicts_{world_};
  std::map<PlaceId, std::vector<std::pair<ContextId, Index>>> writers_;  // of single locks
  std::vector<Read> reads_;
  std::set<std::pair<Gid, Gid>> done_;
};

}  // namespace

void checkRelocks(Reporter& reporter) { RelockCheck(reporter).run(); }

}  // namespace gridlock::link
