// The critical sections of a program: where each lock is taken, where that hold
// ends, what it covers.
#include <algorithm>

#include "analyzer/link/check.h"

namespace gridlock::link {

void addCriticalSections(Reporter& reporter) {
  World& world = reporter.world;
  struct Section {
    PlaceId lock = 0;
    Mode mode = Mode::Exclusive;
    Gid enter = 0;
    LockKind kind = LockKind::Mutex;
    std::set<Gid> exits, blocking;
    std::set<std::string> state;
    std::set<Gid> within;
  };
  std::map<std::pair<Gid, Mode>, Section> sections;
  for (ContextId c = 0; c < world.contexts.size(); ++c) {
    const Summary& summary = world.link.summaries[world.contexts[c].function];
    for (const Event& event : summary.events) {
      const Snapshot& snapshot = summary.snapshots[event.snapshot];
      if (event.kind == EventKind::Acquire) {
        std::vector<PlaceId> classes = reporter.lockClasses(world.eval(c, event.addr));
        if (classes.empty()) continue;
        Mode mode = (event.flags & kEventShared) ? Mode::Shared : Mode::Exclusive;
        Section& section = sections[{event.gid, mode}];
        section.lock = classes[0];
        section.mode = mode;
        section.enter = event.gid;
        section.kind = event.lock_kind;
        for (const HeldAt& held : world.heldAt(c, snapshot)) section.within.insert(held.primitive);
      } else if (event.kind == EventKind::Release) {
        SetId places = world.eval(c, event.addr);
        for (const HeldAt& held : world.heldAt(c, snapshot)) {
          if (held.sym != event.addr && held.places != places) continue;
          auto it = sections.find({held.primitive, held.mode});
          if (it != sections.end()) it->second.exits.insert(event.gid);
        }
      } else if (event.kind == EventKind::Block) {
        for (const HeldAt& held : world.heldAt(c, snapshot)) {
          auto it = sections.find({held.primitive, held.mode});
          if (it != sections.end()) it->second.blocking.insert(event.gid);
        }
      }
    }
  }
  std::map<std::string, model::Id> states;
  for (const model::SharedState& state : reporter.report.shared_state) states[state.name] = state.id;
  for (const Access& access : world.accesses) {
    std::string name = world.nameOf(access.place);
    if (!states.count(name)) continue;
    const Summary& summary = world.link.summaries[world.contexts[access.context].function];
    for (const HeldAt& held :
         world.heldAt(access.context, summary.snapshots[summary.events[access.event].snapshot])) {
      auto it = sections.find({held.primitive, held.mode});
      if (it != sections.end()) it->second.state.insert(name);
    }
  }
  std::map<Gid, model::Id> ids;
  std::size_t first = reporter.report.critical_sections.size();
  for (auto& [key, section] : sections) {
    model::CriticalSection row;
    row.id = static_cast<model::Id>(reporter.report.critical_sections.size());
    ids.emplace(section.enter, row.id);
    row.lock = reporter.lock(section.lock, section.kind);
    row.mode = section.mode;
    row.enter = reporter.site(section.enter);
    for (Gid gid : section.exits) row.exits.push_back(reporter.site(gid));
    for (Gid gid : section.blocking) row.blocking.push_back(reporter.site(gid));
    for (const std::string& name : section.state) row.state.push_back(states[name]);
    reporter.report.critical_sections.push_back(std::move(row));
  }
  std::size_t i = first;
  for (auto& [key, section] : sections) {
    model::CriticalSection& row = reporter.report.critical_sections[i++];
    for (Gid gid : section.within) {
      auto it = ids.find(gid);
      if (it != ids.end() && it->second != row.id) row.within.push_back(it->second);
    }
  }
}

}  // namespace gridlock::link
