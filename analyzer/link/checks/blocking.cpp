// blocking-while-locked, and unused-guard.
#include <algorithm>
#include <tuple>

#include "analyzer/link/check.h"

namespace gridlock::link {

namespace {

std::string blockNote(const World& world, const CallSite& site) {
  if (world.syms[site.callee].kind != SymKind::Func) return {};
  const Model* model = world.link.models.find(world.program.symbols[world.syms[site.callee].a].qualified);
  if (!model) return {};
  for (const Effect& effect : *model) {
    if (effect.op == Op::Block) return effect.note;
  }
  return {};
}

}  // namespace

void checkBlocking(Reporter& reporter) {
  World& world = reporter.world;
  std::set<std::pair<Gid, std::string>> done;
  // A join that cannot end is a finding of its own.
  std::set<std::tuple<std::string, int, int>> stuck;
  for (const model::Finding& finding : reporter.report.findings) {
    if (finding.rule != model::Rule::WaitWhileHolding) continue;
    const model::Location& at = finding.locations[0];
    stuck.emplace(at.file, at.line, at.column);
  }
  for (ContextId c = 0; c < world.contexts.size(); ++c) {
    const Summary& summary = world.link.summaries[world.contexts[c].function];
    if (world.contexts[c].dying) continue;
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::Block || (event.flags & kEventDying)) continue;
      std::vector<HeldAt> held = world.heldAt(c, summary.snapshots[event.snapshot]);
      if (held.empty()) continue;
      const model::Location at = reporter.location(event.gid, "");
      if (stuck.count({at.file, at.line, at.column})) continue;
      std::string note = blockNote(world, summary.calls[event.aux]);
      for (const HeldAt& h : held) {
        if (h.maybe || h.soft) continue;
        std::vector<PlaceId> classes = reporter.lockClasses(h.places);
        if (classes.size() != 1) continue;
        bool semaphore = world.semaphore_values.count(classes[0]) > 0;
        if (semaphore) continue;
        std::string name = reporter.lockName(classes[0]);
        if (!done.insert({event.gid, name}).second) continue;
        bool serious =
            note == "sleeps" || note.starts_with("joins") || note.find("process") != std::string::npos;
        model::Finding finding;
        finding.rule = model::Rule::BlockingWhileLocked;
        finding.confidence = serious ? model::Confidence::Likely : model::Confidence::Possible;
        finding.severity = model::severityFor(finding.rule, finding.confidence);
        finding.reason = serious ? "the call always waits" : "the call may wait";
        finding.message =
            "a thread " + note + " at " + reporter.where(event.gid) + " while it holds `" + name + "`";
        finding.locations.push_back(reporter.location(event.gid, note));
        finding.locations.push_back(reporter.location(h.primitive, "acquires " + name));
        finding.locks.push_back(reporter.lock(classes[0]));
        finding.threads.push_back(reporter.thread(world.contexts[c].origin));
        reporter.report.findings.push_back(std::move(finding));
      }
    }
  }
}

void checkUnusedGuards(Reporter& reporter) {
  World& world = reporter.world;
  std::set<Gid> done;
  for (ContextId c = 0; c < world.contexts.size(); ++c) {
    const Summary& summary = world.link.summaries[world.contexts[c].function];
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::UnusedGuard || !done.insert(event.gid).second) continue;
      model::Finding finding;
      finding.rule = model::Rule::UnusedGuard;
      finding.confidence = model::Confidence::Proven;
      finding.severity = model::severityFor(finding.rule, finding.confidence);
      PlaceId lock = kNone;
      if (event.addr != kNoSym) {
        std::vector<PlaceId> classes = reporter.lockClasses(world.eval(c, event.addr));
        if (!classes.empty()) lock = classes[0];
      }
      finding.reason = "the guard has no name, or no lock";
      finding.message = lock == kNone ? "the guard at " + reporter.where(event.gid) + " guards nothing"
                                      : "the guard of `" + reporter.lockName(lock) + "` at " +
                                            reporter.where(event.gid) +
                                            " has no name: it is destroyed, and the lock released, at "
                                            "the end of the statement";
      finding.locations.push_back(reporter.location(event.gid, "guard dies here"));
      if (lock != kNone) finding.locks.push_back(reporter.lock(lock));
      reporter.report.findings.push_back(std::move(finding));
    }
  }
}

}  // namespace gridlock::link
