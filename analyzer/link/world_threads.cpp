// World: which threads there are, and which may run at the same time.
#include <algorithm>

#include "analyzer/link/world.h"

namespace gridlock::link {

std::set<OriginId> World::originsOf(ContextId context, SymId handle, unsigned depth) const {
  std::set<OriginId> out;
  if (depth > 12) return out;
  const Sym& s = syms[handle];
  if (s.kind == SymKind::Handle) {
    auto it = started_.find({context, s.a});
    if (it != started_.end()) out.insert(it->second.begin(), it->second.end());
  } else if (s.kind == SymKind::Stale) {
    // Joined: what it has left running.
    std::vector<OriginId> work;
    for (OriginId origin : originsOf(context, s.a, depth + 1)) work.push_back(origin);
    while (!work.empty()) {
      const OriginId ended = work.back();
      work.pop_back();
      for (OriginId o = 0; o < origins.size(); ++o) {
        if (origins[o].parent == ended && outlives(o) && out.insert(o).second) work.push_back(o);
      }
    }
  } else if (s.kind == SymKind::Via) {
    auto it = contexts[context].children.find(s.a);
    if (it == contexts[context].children.end()) return out;
    for (ContextId child : it->second) {
      if (child == context) continue;
      for (OriginId origin : originsOf(child, s.b, depth + 1)) out.insert(origin);
    }
  }
  return out;
}

// The threads that a handle's value stands for.
std::vector<OriginId> World::originsOfThread(PlaceId thread) const {
  std::vector<OriginId> out;
  const Object& object = objectOf(thread);
  if (object.kind != ObjectKind::Thread) return out;
  for (OriginId o = 0; o < origins.size(); ++o) {
    if (origins[o].start == object.a && origins[o].parent == object.origin && origins[o].path == object.clone)
      out.push_back(o);
  }
  return out;
}

std::set<OriginId> World::resolveAlive(std::uint32_t ref, unsigned depth) const {
  auto [context, handle] = alive_refs_[ref];
  return originsOf(context, handle, depth);
}

bool World::containsOrigin(OriginId ancestor, OriginId origin) const {
  for (OriginId o = origin; o != kNone; o = origins[o].parent) {
    if (o == ancestor) return true;
  }
  return false;
}

bool World::mayBeAlive(SetId alive, OriginId origin) const {
  auto it = alive_origins_.find(alive);
  if (it == alive_origins_.end()) {
    std::set<OriginId> all;
    for (std::uint32_t ref : sets_[alive]) {
      for (OriginId o : resolveAlive(ref)) all.insert(o);
    }
    it = alive_origins_.emplace(alive, std::move(all)).first;
  }
  return it->second.count(origin) > 0;
}

void World::finish() {
  markReachable();
  // Many of one kind: an earlier one may live when the next is started, or its
  // maker is many.
  for (OriginId o = 0; o < origins.size(); ++o) {
    Origin& origin = origins[o];
    if (origin.parent == kNone) continue;
    if (origins[origin.parent].many || mayBeAlive(origin.alive, o)) origin.many = true;
  }
  findCovers();
  checkBarriers();
  // Threads left running at the end of the thread that started them stay alive
  // after its join; the parent's sets do not have them. Counted in `parallel`
  // through leaks_.
}

bool World::parallel(OriginId a, SetId a_alive, OriginId b, SetId b_alive) const {
  if (a == b) return origins[a].many;
  if (origins[a].open || origins[b].open) {
    // Entries of a library, and what they start: any thread may call.
    if (origins[a].parent == kNone && origins[b].parent == kNone) return true;
  }
  // Chains from the root.
  std::vector<OriginId> x, y;
  for (OriginId o = a; o != kNone; o = origins[o].parent) x.push_back(o);
  for (OriginId o = b; o != kNone; o = origins[o].parent) y.push_back(o);
  std::reverse(x.begin(), x.end());
  std::reverse(y.begin(), y.end());
  if (x[0] != y[0]) return true;
  std::size_t i = 0;
  while (i < x.size() && i < y.size() && x[i] == y[i]) {
    if (origins[x[i]].many && i > 0) return true;  // two of them, each with its own
    ++i;
  }
  if (i == x.size()) {
    // b descends from a through y[i].
    if (mayBeAlive(a_alive, y[i])) return true;
    // A grandchild that outlives its parent.
    for (std::size_t j = i + 1; j < y.size(); ++j) {
      if (mayBeAlive(a_alive, y[j])) return true;
      if (!outlives(y[j])) break;
    }
    return false;
  }
  if (i == y.size()) {
    if (mayBeAlive(b_alive, x[i])) return true;
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (mayBeAlive(b_alive, x[j])) return true;
      if (!outlives(x[j])) break;
    }
    return false;
  }
  // Children of one thread: unless one is joined before the other is started.
  OriginId p = x[i], q = y[i];
  if (mayBeAlive(origins[q].alive, p) || mayBeAlive(origins[p].alive, q)) return true;
  return false;
}

// Whether a thread may run on when the one that started it has ended.
bool World::outlives(OriginId origin) const {
  OriginId parent = origins[origin].parent;
  if (parent == kNone || origins[parent].root == kNone) return false;
  const Context& root = contexts[origins[parent].root];
  const std::vector<SymId>& left = link.summaries[root.function].left;
  return std::any_of(left.begin(), left.end(), [&](SymId handle) {
    return syms[handle].kind != SymKind::Stale &&
           originsOf(origins[parent].root, handle, 0).count(origin) > 0;
  });
}

// One single lock, held on every way to the start.
void World::noteHeldAtStart(OriginId origin, ContextId from, const Snapshot& snapshot) {
  std::vector<StartHeld> held;
  for (const HeldAt& h : heldAt(from, snapshot)) {
    if (h.maybe || h.soft || h.mode != Mode::Exclusive || h.context == kNone) continue;
    const std::vector<std::uint32_t>& places = sets_[h.places];
    if (places.size() != 1 || !singlePlace(places[0]) || semaphore_values.count(places[0])) continue;
    held.push_back({places[0], h.context, h.at});
    if (gates_.insert(places[0]).second) changed_ = true;
  }
  Origin& mine = origins[origin];
  std::vector<Fact> settings;
  for (const Fact& fact : snapshot.flags) {
    if (fact.equal && link.state_flags.isSetting(syms[syms[fact.sym].a].a)) settings.push_back(fact);
  }
  // What the starter itself has been started with.
  for (const Fact& fact : origins[contexts[from].origin].settings) {
    if (std::none_of(settings.begin(), settings.end(), [&](const Fact& f) { return f.sym == fact.sym; }))
      settings.push_back(fact);
  }
  if (mine.started)
    std::erase_if(mine.settings, [&](const Fact& fact) {
      return std::find(settings.begin(), settings.end(), fact) == settings.end();
    });
  else
    mine.settings = std::move(settings);
  if (!mine.started) {
    mine.held = std::move(held);
    mine.started = true;
    return;
  }
  std::erase_if(mine.held,
                [&](const StartHeld& h) { return std::find(held.begin(), held.end(), h) == held.end(); });
}

// Which gates this thread, or one that started it, has surely passed.
SetId World::gatesPassed(ContextId context, const Snapshot& snapshot) {
  SetId before = contexts[context].acquired;
  if (gates_.empty() || snapshot.acquired.empty()) return before;
  std::vector<std::uint32_t> out(sets_[before]);
  for (SymId lock : snapshot.acquired) {
    const std::vector<std::uint32_t>& places = sets_[eval(context, lock)];
    if (places.size() != 1 || !gates_.count(places[0])) continue;
    auto pass = std::make_pair(places[0], contexts[context].origin);
    auto [it, fresh] = pass_ids_.try_emplace(pass, static_cast<std::uint32_t>(passes_.size()));
    if (fresh) passes_.push_back(pass);
    out.push_back(it->second);
  }
  return intern(std::move(out));
}

// A lock held when a thread is started covers its life, when its starter does not release it before it has
// joined it.
void World::findCovers() {
  for (OriginId o = 0; o < origins.size(); ++o) {
    Origin& origin = origins[o];
    origin.covers.clear();
    if (!origin.started || origin.parent == kNone) continue;
    origin.covers = origin.held;
    for (ContextId c = 0; c < contexts.size() && !origin.covers.empty(); ++c) {
      if (contexts[c].origin != origin.parent) continue;
      const Summary& summary = link.summaries[contexts[c].function];
      for (const Event& event : summary.events) {
        if (event.kind != EventKind::Release && event.kind != EventKind::Wait) continue;
        const SetId places = eval(c, event.kind == EventKind::Wait ? event.value : event.addr);
        std::erase_if(origin.covers, [&](const StartHeld& h) {
          // An unlock of something unknown may be this one.
          return (places == 0 || std::binary_search(sets_[places].begin(), sets_[places].end(), h.lock)) &&
                 mayBeAlive(aliveAt(c, summary.snapshots[event.snapshot]), o);
        });
      }
    }
  }
}

bool World::keptApart(const Access& a, const Access& b) {
  // What covers a thread covers those that end before it does.
  auto covers = [&](OriginId of) {
    std::vector<std::pair<PlaceId, OriginId>> out;
    for (OriginId o = of; origins[o].parent != kNone; o = origins[o].parent) {
      for (const StartHeld& h : origins[o].covers) out.emplace_back(h.lock, origins[o].parent);
      if (outlives(o)) break;
    }
    return out;
  };
  auto holds = [&](const Access& access, PlaceId lock) {
    return std::any_of(lock_uses[access.locks].begin(), lock_uses[access.locks].end(),
                       [&](const LockUse& use) { return use.key == lock; });
  };
  if (gates_.empty()) return false;
  const auto x = covers(a.origin), y = covers(b.origin);
  for (auto [lock, holder] : x) {
    if (holder != b.origin && holds(b, lock)) return true;
    for (auto [other, other_holder] : y) {
      if (other == lock && other_holder != holder) return true;
    }
  }
  return std::any_of(y.begin(), y.end(),
                     [&](const auto& cover) { return cover.second != a.origin && holds(a, cover.first); });
}

bool World::gated(const Access& a, const Access& b) {
  if (b.acquired == 0 || a.origin == b.origin) return false;
  // Which takings of locks go on around `a`: its thread's own, or one that covers its thread.
  std::vector<StartHeld> around;
  const Summary& summary = link.summaries[contexts[a.context].function];
  for (const HeldAt& h : heldAt(a.context, summary.snapshots[summary.events[a.event].snapshot])) {
    if (!h.maybe && sets_[h.places].size() == 1) around.push_back({sets_[h.places][0], h.context, h.at});
  }
  around.insert(around.end(), origins[a.origin].covers.begin(), origins[a.origin].covers.end());
  for (OriginId child = b.origin; origins[child].parent != kNone; child = origins[child].parent) {
    if (child == a.origin) return false;
    for (const StartHeld& gate : origins[child].held) {
      // One taking, not one in each round of a loop.
      if (program.instruction(gate.at).loop_depth > 0 || !contexts[gate.context].single) continue;
      if (std::find(around.begin(), around.end(), gate) == around.end()) continue;
      for (std::uint32_t pass : sets_[b.acquired]) {
        auto [lock, passer] = passes_[pass];
        if (lock == gate.lock && containsOrigin(child, passer)) return true;
      }
    }
  }
  return false;
}

}  // namespace gridlock::link
