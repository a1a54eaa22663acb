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
      if (outlives(y[j]) && startedBefore(a, a_alive, y[i])) return true;
      if (!outlives(y[j])) break;
    }
    return false;
  }
  if (i == y.size()) {
    if (mayBeAlive(b_alive, x[i])) return true;
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (outlives(x[j]) && startedBefore(b, b_alive, x[i])) return true;
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
  for (const Outcome& outcome : link.summaries[root.function].outcomes) {
    for (SymId handle : outcome.at_exit.alive) {
      if (originsOf(origins[parent].root, handle, 0).count(origin)) return true;
    }
  }
  return false;
}

// Whether `child` of `parent` may have been started at the point whose alive
// set is given; it is not alive there, so it was joined or not yet started. Not
// known: taken as no.
bool World::startedBefore(OriginId, SetId, OriginId) const { return false; }

}  // namespace gridlock::link
