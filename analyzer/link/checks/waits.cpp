// wrong-mutex, wait-without-predicate, wait-while-holding: condition waits.
#include <algorithm>
#include <optional>

#include "analyzer/link/check.h"

namespace gridlock::link {

namespace {

// A join under a lock that the joined thread takes on its way.
void checkJoins(Reporter& reporter) {
  World& world = reporter.world;
  struct Taken {
    Gid gid;
    PlaceId lock;
  };
  std::map<OriginId, std::vector<Taken>> taken;
  auto locksOf = [&](OriginId origin) -> const std::vector<Taken>& {
    auto [it, fresh] = taken.try_emplace(origin);
    if (!fresh) return it->second;
    for (ContextId c = 0; c < world.contexts.size(); ++c) {
      if (world.contexts[c].origin != origin) continue;
      const Summary& summary = world.link.summaries[world.contexts[c].function];
      for (const Event& event : summary.events) {
        if (event.kind != EventKind::Acquire || (event.flags & (kEventTry | kEventTimed))) continue;
        const std::vector<std::uint32_t>& places = world.set(world.eval(c, event.addr));
        if (places.size() == 1 && world.singlePlace(places[0])) it->second.push_back({event.gid, places[0]});
      }
    }
    return it->second;
  };
  // Whether something that a thread has told was waited for.
  auto tells = [&](OriginId origin, ContextId at, const Snapshot& snapshot) {
    std::set<PlaceId> awaited(world.set(world.contexts[at].awaited).begin(),
                              world.set(world.contexts[at].awaited).end());
    for (SymId token : snapshot.awaited) {
      for (PlaceId place : world.set(world.eval(at, token))) awaited.insert(place);
    }
    for (ContextId c = 0; c < world.contexts.size() && !awaited.empty(); ++c) {
      if (!world.containsOrigin(origin, world.contexts[c].origin)) continue;
      const Summary& summary = world.link.summaries[world.contexts[c].function];
      for (const Snapshot& snapshot_there : summary.snapshots) {
        for (SymId token : snapshot_there.signalled) {
          for (PlaceId place : world.set(world.eval(c, token))) {
            if (awaited.count(place)) return true;
          }
        }
      }
      for (const Outcome& outcome : summary.outcomes) {
        for (SymId token : outcome.at_exit.signalled) {
          for (PlaceId place : world.set(world.eval(c, token))) {
            if (awaited.count(place)) return true;
          }
        }
      }
    }
    return false;
  };
  std::set<std::pair<Gid, PlaceId>> done;
  for (ContextId c = 0; c < world.contexts.size(); ++c) {
    const Summary& summary = world.link.summaries[world.contexts[c].function];
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::Join) continue;
      const Snapshot& snapshot = summary.snapshots[event.snapshot];
      for (const HeldAt& h : world.heldAt(c, snapshot)) {
        if (h.maybe || h.soft) continue;
        const std::vector<std::uint32_t> locks = world.set(h.places);
        if (locks.size() != 1 || !world.singlePlace(locks[0]) || world.semaphore_values.count(locks[0]))
          continue;
        if (!world.feasible(c, summary, snapshot)) continue;
        for (PlaceId thread : std::vector<std::uint32_t>(world.set(world.eval(c, event.value)))) {
          for (OriginId origin : world.originsOfThread(thread)) {
            for (const Taken& use : locksOf(origin)) {
              if (use.lock != locks[0] || !done.insert({event.gid, use.lock}).second) continue;
              std::string name = reporter.lockName(use.lock);
              model::Finding finding;
              finding.rule = model::Rule::WaitWhileHolding;
              // Something was waited for before: it may be what the thread does after its last use of the
              // lock.
              const bool told = tells(origin, c, snapshot);
              finding.confidence = told ? model::Confidence::Possible : model::Confidence::Likely;
              finding.severity = model::severityFor(finding.rule, finding.confidence);
              finding.reason =
                  told ? "the thread waited for takes that lock, perhaps before what was waited for"
                       : "the thread waited for takes that lock";
              finding.message = "the thread that joins at " + reporter.where(event.gid) + " holds `" + name +
                                "`, which `" + reporter.threadName(origin) + "` takes at " +
                                reporter.where(use.gid) + ": neither can go on";
              finding.locations.push_back(reporter.location(event.gid, "joins"));
              finding.locations.push_back(reporter.location(h.primitive, "acquires " + name));
              finding.locations.push_back(reporter.location(use.gid, "needs " + name));
              finding.locks.push_back(reporter.lock(use.lock));
              finding.threads.push_back(reporter.thread(world.contexts[c].origin));
              finding.threads.push_back(reporter.thread(origin));
              reporter.report.findings.push_back(std::move(finding));
            }
          }
        }
      }
    }
  }
}

// A helper that waits on what it is given leaves the test to its callers: the call that names the
// condition, or nothing where a loop stands around one of the calls on the way, or the callers are
// not known.
std::optional<Gid> untestedWait(const World& world, ContextId context, const Event& wait) {
  Gid gid = wait.gid;
  SymId condition = wait.addr;
  while (condition != kNoSym) {
    const Sym root = world.syms[condition];
    if (root.kind != SymKind::Param) break;
    const Context& callee = world.contexts[context];
    if (callee.parent == kNone) return std::nullopt;
    if (world.program.instruction(callee.call).loop_depth > 0) return std::nullopt;
    gid = callee.call;
    context = callee.parent;
    condition = kNoSym;
    for (const CallSite& site : world.link.summaries[world.contexts[context].function].calls) {
      if (site.gid == gid && root.a < site.args.size()) condition = site.args[root.a];
    }
  }
  return gid;
}

}  // namespace

void checkWaits(Reporter& reporter) {
  checkJoins(reporter);
  World& world = reporter.world;
  struct Waiter {
    ContextId context;
    Gid gid;
    PlaceId lock;
  };
  std::map<PlaceId, std::vector<Waiter>> by_condition;
  std::set<std::pair<model::Rule, Gid>> done;
  auto add = [&](model::Rule rule, model::Confidence confidence, std::string reason, std::string message,
                 ContextId c, Gid gid, PlaceId lock) -> model::Finding& {
    model::Finding finding;
    finding.rule = rule;
    finding.confidence = confidence;
    finding.severity = model::severityFor(rule, confidence);
    finding.reason = std::move(reason);
    finding.message = std::move(message);
    finding.locations.push_back(reporter.location(gid, "waits"));
    if (lock != kNone) finding.locks.push_back(reporter.lock(lock));
    finding.threads.push_back(reporter.thread(world.contexts[c].origin));
    reporter.report.findings.push_back(std::move(finding));
    return reporter.report.findings.back();
  };
  for (ContextId c = 0; c < world.contexts.size(); ++c) {
    const Summary& summary = world.link.summaries[world.contexts[c].function];
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::Wait) continue;
      SetId locks = world.eval(c, event.value);
      std::vector<PlaceId> classes = reporter.lockClasses(locks);
      if (classes.size() != 1) continue;
      PlaceId lock = classes[0];
      std::string name = reporter.lockName(lock);
      std::vector<HeldAt> held = world.heldAt(c, summary.snapshots[event.snapshot]);
      bool mine = std::any_of(held.begin(), held.end(),
                              [&](const HeldAt& h) { return h.sym == event.value || h.places == locks; });
      if (!mine && !world.origins[world.contexts[c].origin].open) {
        if (done.insert({model::Rule::WrongMutex, event.gid}).second)
          add(model::Rule::WrongMutex,
              world.cut || summary.cut ? model::Confidence::Possible : model::Confidence::Proven,
              "on this path the mutex is not held",
              "the wait at " + reporter.where(event.gid) + " uses `" + name +
                  "`, which this thread does not hold",
              c, event.gid, lock);
      }
      SetId conditions = event.addr == kNoSym ? 0 : world.eval(c, event.addr);
      if (world.set(conditions).size() == 1)
        by_condition[world.set(conditions)[0]].push_back({c, event.gid, lock});
      if (!(event.flags & (kEventLoop | kEventPredicate)) && !(event.flags & kEventTimed)) {
        std::optional<Gid> at = untestedWait(world, c, event);
        if (at && done.insert({model::Rule::WaitWithoutPredicate, *at}).second)
          add(model::Rule::WaitWithoutPredicate, model::Confidence::Likely,
              "the wait may return without a notification",
              "the wait at " + reporter.where(*at) +
                  " is not tested again in a loop: a condition variable may wake up for nothing",
              c, *at, lock);
      }
    }
  }
  for (auto& [condition, waiters] : by_condition) {
    for (const Waiter& waiter : waiters) {
      const Waiter& first = waiters.front();
      if (reporter.lockName(waiter.lock) == reporter.lockName(first.lock)) continue;
      if (!done.insert({model::Rule::WrongMutex, waiter.gid}).second) continue;
      model::Finding& finding = add(
          model::Rule::WrongMutex, model::Confidence::Likely, "waiters of one condition must use one mutex",
          "the wait at " + reporter.where(waiter.gid) + " uses `" + reporter.lockName(waiter.lock) +
              "`, other waiters of `" + world.nameOf(condition) + "` use `" + reporter.lockName(first.lock) +
              "`",
          waiter.context, waiter.gid, waiter.lock);
      finding.locks.push_back(reporter.lock(first.lock));
      finding.locations.push_back(
          reporter.location(first.gid, "waits with " + reporter.lockName(first.lock)));
    }
  }
}

}  // namespace gridlock::link
