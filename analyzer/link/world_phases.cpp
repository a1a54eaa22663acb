// World: what barriers keep apart.
//
// Threads that run one function and meet at its barriers are in step: all of them are between the same two
// barriers. What each did last is told by where it passed a barrier, in each function from the thread's root
// on. Accesses after different ones are never at the same time.
#include <algorithm>

#include "analyzer/link/world.h"

namespace gridlock::link {

std::uint32_t World::deeper(std::uint32_t frames, std::vector<Gid> phase) {
  if (frames == kNone) return kNone;
  std::vector<std::vector<Gid>> path = phases_[frames];
  path.push_back(std::move(phase));
  auto [it, fresh] = phase_ids_.try_emplace(path, static_cast<std::uint32_t>(phases_.size()));
  if (fresh) phases_.push_back(std::move(path));
  return it->second;
}

// kNone: not known.
std::uint32_t World::phaseAt(ContextId context, const Snapshot& snapshot) {
  const Context& mine = contexts[context];
  const std::vector<Gid>& last = snapshot.phase;
  if (last.empty() || (last.size() == 1 && last[0] == kNone)) return mine.phase;
  const bool root = mine.parent == kNone;
  if (!root && std::binary_search(last.begin(), last.end(), kNone)) return kNone;
  return deeper(mine.frames, last);
}

bool World::phasesApart(const Access& a, const Access& b) const {
  if (!in_step_ || a.phase == b.phase || a.phase == kNone || b.phase == kNone) return false;
  const auto &x = phases_[a.phase], &y = phases_[b.phase];
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
    const bool common = std::any_of(
        x[i].begin(), x[i].end(), [&](Gid gid) { return std::binary_search(y[i].begin(), y[i].end(), gid); });
    if (!common) return true;
  }
  return false;
}

// Barriers of which there are several, or that some threads pass elsewhere than others, say nothing.
void World::checkBarriers() {
  in_step_ = true;
  for (ContextId c = 0; c < contexts.size() && in_step_; ++c) {
    const Summary& summary = link.summaries[contexts[c].function];
    if (!summary.barriers) continue;
    for (const Event& event : summary.events) {
      if (event.kind != EventKind::Barrier) continue;
      const Snapshot& snapshot = summary.snapshots[event.snapshot];
      const std::vector<std::uint32_t>& places = sets_[eval(c, event.addr)];
      if (places.size() != 1 || !singlePlace(places[0])) in_step_ = false;
      if (contexts[c].only != 0) in_step_ = false;
      for (const Fact& fact : snapshot.facts) {
        if (isVarying(c, fact.sym)) in_step_ = false;
      }
    }
  }
}

}  // namespace gridlock::link
