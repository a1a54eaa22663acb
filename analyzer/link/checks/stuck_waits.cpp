// lost-wakeup: a wait that nothing in the program ends.
//
// Said only of programs that are known whole, and of conditions and semaphores that every notification's
// address is known not to mean.
#include <algorithm>
#include <set>

#include "analyzer/link/check.h"

namespace gridlock::link {

namespace {

class StuckWaits {
 public:
  explicit StuckWaits(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    if (world_.open_world || world_.cut) return;
    collectHanded();
    for (ContextId c = 0; c < world_.contexts.size(); ++c) {
      const Summary& summary = world_.link.summaries[world_.contexts[c].function];
      if (summary.cut) return;
      for (const Event& event : summary.events) {
        const bool post = event.kind == EventKind::Release && (event.flags & kEventSemaphore);
        if (event.kind == EventKind::Notify || event.kind == EventKind::Signal || post) notified(c, event);
      }
    }
    for (ContextId c = 0; c < world_.contexts.size() && !anything_; ++c) {
      const Summary& summary = world_.link.summaries[world_.contexts[c].function];
      for (const Event& event : summary.events) {
        if (event.flags & (kEventTimed | kEventTry)) continue;
        if (!world_.feasible(c, summary, summary.snapshots[event.snapshot])) continue;
        if (event.kind == EventKind::Wait && event.addr != kNoSym) waits(c, event, false);
        if (event.kind == EventKind::Acquire && event.lock_kind == LockKind::Semaphore) waits(c, event, true);
      }
    }
  }

 private:
  void notified(ContextId c, const Event& event) {
    const SetId places = event.addr == kNoSym ? 0 : world_.eval(c, event.addr);
    anything_ |= places == 0;
    for (PlaceId place : world_.set(places)) {
      told_.insert(place);
      objects_.insert(world_.parts[place].object);
    }
  }

  void waits(ContextId c, const Event& event, bool semaphore) {
    const std::vector<std::uint32_t>& places = world_.set(world_.eval(c, event.addr));
    if (places.size() != 1 || !world_.singlePlace(places[0])) return;
    const PlaceId place = places[0];
    // Another part of the same object may be it under another name, but for what stands by itself.
    if (told_.count(place) ||
        (world_.parts[place].parent != kNone && objects_.count(world_.parts[place].object)))
      return;
    if (semaphore) {
      auto initial = world_.semaphore_values.find(place);
      if (initial == world_.semaphore_values.end() || initial->second != 0) return;
    }
    if (handed_.count(writeKey(world_.syms, event.addr))) return;
    if (!done_.insert(event.gid).second) return;
    const std::string name = world_.nameOf(place);
    model::Finding finding;
    finding.rule = model::Rule::LostWakeup;
    finding.confidence = model::Confidence::Likely;
    finding.severity = model::severityFor(finding.rule, finding.confidence);
    finding.reason = semaphore ? "it starts at 0, and nothing in the program posts it"
                               : "nothing in the program notifies it";
    finding.message =
        "the wait at " + reporter_.where(event.gid) + " for `" + name + "` never ends: " + finding.reason;
    finding.locations.push_back(reporter_.location(event.gid, "waits"));
    finding.threads.push_back(reporter_.thread(world_.contexts[c].origin));
    reporter_.report.findings.push_back(std::move(finding));
  }

  // What the program hands to functions that are not known: these may notify.
  void collectHanded() {
    const Program& program = world_.program;
    for (const FunctionInfo& function : program.functions) {
      const facts::Unit& unit = *function.map->unit;
      for (const facts::Instruction& in : function.body->instructions) {
        if (in.kind != facts::InstructionKind::Call || in.callee == kNone) continue;
        const facts::Value& callee = unit.values[in.callee];
        if (callee.kind == facts::ValueKind::Function) {
          const SymbolInfo& symbol = program.symbols[function.map->symbols[callee.index]];
          if (symbol.function != kNone || world_.link.models.find(symbol.qualified)) continue;
        }
        for (facts::ValueId arg : in.args) {
          if (arg == kNone || unit.values[arg].kind != facts::ValueKind::AddressOf) continue;
          const facts::Path& path = unit.paths[unit.values[arg].index];
          if (path.root == facts::RootKind::Global)
            handed_.insert((2ull << 40) | function.map->symbols[path.index]);
          for (const facts::Step& step : path.steps) {
            if (step.kind == facts::StepKind::Field)
              handed_.insert((1ull << 40) | function.map->fields[step.index]);
          }
        }
      }
    }
  }

  Reporter& reporter_;
  World& world_;
  std::set<PlaceId> told_;
  std::set<std::uint32_t> objects_;
  std::set<Gid> done_;
  std::set<std::uint64_t> handed_;  // by writeKey
  bool anything_ = false;           // a notification of something unknown
};

}  // namespace

void checkStuckWaits(Reporter& reporter) { StuckWaits(reporter).run(); }

}  // namespace gridlock::link
