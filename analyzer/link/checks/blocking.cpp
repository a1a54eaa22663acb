// blocking-while-locked, and unused-guard.
#include <map>
#include <set>
#include <string>
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

// Calls that are asked not to wait: waitpid(…, WNOHANG), poll(…, 0), recv(…, MSG_DONTWAIT).
bool returnsAtOnce(const World& world, const CallSite& site) {
  struct Form {
    std::string_view function;
    std::size_t argument;
    std::int64_t flag;  // 0: the argument itself is 0
  };
  constexpr std::int64_t kNoHang = 1, kDontWait = 0x40;  // WNOHANG, MSG_DONTWAIT
  static constexpr Form kForms[] = {
      {"waitpid", 2, kNoHang}, {"wait4", 2, kNoHang},     {"waitid", 3, kNoHang},
      {"poll", 2, 0},          {"epoll_wait", 3, 0},      {"recv", 3, kDontWait},
      {"send", 3, kDontWait},  {"recvmsg", 2, kDontWait}, {"sendmsg", 2, kDontWait},
  };
  if (world.syms[site.callee].kind != SymKind::Func) return false;
  const std::string_view name = world.program.symbols[world.syms[site.callee].a].qualified;
  for (const Form& form : kForms) {
    if (form.function != name || form.argument >= site.args.size()) continue;
    const SymId argument = site.args[form.argument];
    if (argument == kNoSym || world.syms[argument].kind != SymKind::Const) return false;
    const std::int64_t value = world.syms[argument].n;
    return form.flag == 0 ? value == 0 : (value & form.flag) != 0;
  }
  return false;
}

struct BlockingCall {
  std::string note;
  std::map<std::string, std::pair<PlaceId, Gid>> locks;  // by name: the lock, where it is taken
  std::set<OriginId> threads;
};

}  // namespace

// One finding for each call that waits, with all the locks that are held there on some way: they are given
// back, or the call moved, in one change.
void checkBlocking(Reporter& reporter) {
  World& world = reporter.world;
  // A join that cannot end is a finding of its own.
  std::set<std::tuple<std::string, int, int>> stuck;
  for (const model::Finding& finding : reporter.report.findings) {
    if (finding.rule != model::Rule::WaitWhileHolding) continue;
    const model::Location& at = finding.locations[0];
    stuck.emplace(at.file, at.line, at.column);
  }
  std::map<Gid, BlockingCall> calls;
  for (ContextId c = 0; c < world.contexts.size(); ++c) {
    const Summary& summary = world.link.summaries[world.contexts[c].function];
    if (world.contexts[c].dying) continue;
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::Block || (event.flags & kEventDying)) continue;
      if (returnsAtOnce(world, summary.calls[event.aux])) continue;
      for (const HeldAt& h : world.heldAt(c, summary.snapshots[event.snapshot])) {
        if (h.maybe || h.soft) continue;
        const std::vector<PlaceId> classes = reporter.lockClasses(h.places);
        if (classes.size() != 1 || world.semaphore_values.count(classes[0])) continue;
        BlockingCall& call = calls[event.gid];
        if (call.note.empty()) call.note = blockNote(world, summary.calls[event.aux]);
        call.threads.insert(world.contexts[c].origin);
        call.locks.try_emplace(reporter.lockName(classes[0]), classes[0], h.primitive);
      }
    }
  }
  for (const auto& [gid, call] : calls) {
    const model::Location at = reporter.location(gid, call.note);
    if (stuck.count({at.file, at.line, at.column})) continue;
    const bool serious = call.note == "sleeps" || call.note.starts_with("joins") ||
                         call.note.find("process") != std::string::npos;
    model::Finding finding;
    finding.rule = model::Rule::BlockingWhileLocked;
    finding.confidence = serious ? model::Confidence::Likely : model::Confidence::Possible;
    finding.severity = model::severityFor(finding.rule, finding.confidence);
    finding.reason = serious ? "the call always waits" : "the call may wait";
    finding.locations.push_back(at);
    std::string names;
    for (const auto& [name, lock] : call.locks) {
      names += (names.empty() ? "`" : ", `") + name + "`";
      finding.locations.push_back(reporter.location(lock.second, "acquires " + name));
      finding.locks.push_back(reporter.lock(lock.first));
    }
    finding.message = "a thread " + call.note + " at " + reporter.where(gid) + " while it holds " + names;
    std::set<model::Id> threads;
    for (OriginId origin : call.threads) threads.insert(reporter.thread(origin));
    finding.threads.assign(threads.begin(), threads.end());
    reporter.report.findings.push_back(std::move(finding));
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
