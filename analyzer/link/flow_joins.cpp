// Flow: what is known of handles of threads, and which threads a join ends.
#include <algorithm>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/flow.h"

namespace gridlock::link {

bool Flow::isHandle(SymId value) const {
  while (syms_[value].kind == SymKind::Via) value = syms_[value].b;
  return syms_[value].kind == SymKind::Handle;
}

SymId Flow::handleOf(Gid gid) { return syms_.make(SymKind::Handle, gid); }

void Flow::noteHome(SymId address, SymId handle) {
  if (!isHandle(handle)) return;
  homes_[address].insert(handle);
  if (const Sym& at = syms_[address]; at.kind == SymKind::Element && at.b != kNoSym) {
    if (syms_[at.b].kind == SymKind::Const) home_index_[handle] = syms_[at.b].n;
  }
  if (syms_[address].kind != SymKind::Element) return;
  homes_[syms_[address].a].insert(handle);
  const SymId index = syms_[address].b;
  if (index != kNoSym && syms_[index].kind != SymKind::Const) home_offset_[handle] = offsetOf(index);
}

// What is added to a loop's counter: `t[i - 1]`.
std::int64_t Flow::offsetOf(SymId index) const {
  if (index == kNoSym || syms_[index].kind != SymKind::Arith) return 0;
  const Sym& sum = syms_[index];
  const bool add = sum.n == static_cast<std::int64_t>(facts::Arithmetic::Add);
  return add && syms_[sum.b].kind == SymKind::Const ? syms_[sum.b].n : 0;
}

// Where a new thread's handle goes.
void Flow::keepHandle(Gid gid, SymId place, SymId handle, State& state) {
  store(place, handle, state);
  noteHome(place, handle);
  // Another round of starts: none of them is joined yet.
  if (const Sym at = syms_[place]; at.kind == SymKind::Element) {
    std::erase_if(state.facts, [&](const Fact& fact) {
      return syms_[fact.sym].kind == SymKind::Element && syms_[fact.sym].a == at.a;
    });
  }
  if (!emitting_) return;
  Event& event = emit(EventKind::Access, gid, state);
  event.addr = place;
  event.value = handle;
  event.flags = kEventWrite | kEventFresh;
}

// Whether a loop that joins goes through all that the loop around `handle`'s
// start has started.
bool Flow::covers(const Loop& joins, std::int64_t offset, SymId handle) const {
  Gid start = syms_[handle].a;  // of Handle and Via alike: an instruction of this function
  const Loop* starts = nullptr;
  for (const Loop& loop : loops_) {
    if (loop.gids.count(start)) starts = &loop;  // the innermost comes last
  }
  if (!starts) {
    auto index = home_index_.find(handle);
    if (index == home_index_.end()) return true;
    if (joins.first && index->second < *joins.first + offset) return false;
    return !joins.has_bound || !joins.bound || index->second < *joins.bound + offset;
  }
  if (starts == &joins) return true;
  const auto found = home_offset_.find(handle);
  const auto first = home_index_.find(handle);  // of its first round
  std::int64_t from = 0;
  if (found != home_offset_.end())
    from = found->second;
  else if (first != home_index_.end() && starts->first)
    from = first->second - *starts->first;
  if (starts->first && joins.first && *joins.first + offset > *starts->first + from) return false;
  if (!starts->has_bound || !joins.has_bound) return true;
  if (starts->bound && joins.bound) return *joins.bound + offset >= *starts->bound + from;
  // As many as were counted when they were started.
  if (joins.bound_local != kNone) {
    const bool counted = std::any_of(starts->gids.begin(), starts->gids.end(), [&](Gid gid) {
      const facts::Instruction& in = body_.instructions[gid - info_.first_gid];
      if (in.kind != facts::InstructionKind::Assign && in.kind != facts::InstructionKind::ReadWrite)
        return false;
      const facts::Path& path = unit_.paths[in.path];
      return path.root == facts::RootKind::Local && path.index == joins.bound_local && path.steps.empty();
    });
    if (counted) return true;
  }
  if (starts->bound_sym != kNoSym && joins.bound_sym != kNoSym) {
    auto last = [](const Loop& loop) { return loop.bound_op == facts::CompareOp::Le ? 1 : 0; };
    return starts->bound_sym == joins.bound_sym && last(joins) + offset >= last(*starts) + from;
  }
  return true;
}

// Whether a handle stands for all the threads of a loop that is over.
bool Flow::oneOfMany(SymId handle) const {
  if (!isHandle(handle)) return false;
  const Gid start = syms_[handle].a;
  return std::any_of(loops_.begin(), loops_.end(),
                     [&](const Loop& loop) { return loop.gids.count(start) && !loop.blocks[block_]; });
}

void Flow::joinThread(SymId address, Gid gid, State& state, bool any_element) {
  const Sym at = syms_[address];
  bool container = at.kind == SymKind::Field && at.b == context_.element_field;
  SymId home = at.kind == SymKind::Element ? at.a : address;
  if (syms_[home].kind == SymKind::Field && syms_[home].b == context_.element_field) container = true;
  bool one = at.kind == SymKind::Element && at.b != kNoSym && syms_[at.b].kind == SymKind::Const;
  const std::int64_t offset = at.kind == SymKind::Element ? offsetOf(at.b) : 0;
  if (at.kind != SymKind::Element && !container) {
    joinValue(load(address, state), state);
    // `workers[i].thread`: those of all when the loop is over, also of none.
    SymId element = address;
    while (syms_[element].kind == SymKind::Field) element = syms_[element].a;
    const bool computed = syms_[element].kind == SymKind::Element && syms_[element].b != kNoSym &&
                          syms_[syms_[element].b].kind != SymKind::Const;
    if (!computed || gid == 0 || any_element || loops_of_[block_].empty()) return;
    const SymId general = syms_.replace(address, element, syms_.element(syms_[element].a, kNoSym));
    std::vector<SymId>& joins = loops_[loops_of_[block_].back()].joins;
    if (std::find(joins.begin(), joins.end(), general) == joins.end()) joins.push_back(general);
    return;
  }
  if (one && !container) {
    // t[0]: only what is known to stand there.
    auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{address, 0});
    if (it != state.memory.end() && it->first == address) {
      if (!oneOfMany(it->second))
        joinValue(it->second, state);
      else
        joinedOne(home, syms_[at.b].n, it->second, state);
    } else if (auto all = homes_.find(home); all == homes_.end()) {
      joinValue(load(address, state), state);
    } else if (all->second.size() == 1) {
      joinedOne(home, syms_[at.b].n, *all->second.begin(), state);
    }
    return;
  }
  // One of many: all of them, when a loop goes through them.
  const Loop* loop = nullptr;
  if (!loops_of_[block_].empty()) loop = &loops_[loops_of_[block_].back()];
  auto it = homes_.find(home);
  if (it == homes_.end()) {
    joinValue(load(address, state), state);
  } else if (loop || any_element || one) {
    for (SymId handle : it->second) {
      bool same_round = false;
      if (loop && !any_element) {
        if (!covers(*loop, offset, handle)) {
          // A part of them.
          Loop& part = loops_[loops_of_[block_].back()];
          if (it->second.size() == 1 && part.first && part.bound) part.partial = {home, handle};
          continue;
        }
        same_round = loop->gids.count(syms_[handle].a) > 0;
      }
      (void)same_round;
      joinValue(handle, state);
    }
  }
  if (loop && !any_element && gid != 0) {
    Loop& mine = loops_[loops_of_[block_].back()];
    bool all = it != homes_.end();
    if (all) {
      for (SymId handle : it->second) all = all && covers(mine, offset, handle);
    }
    if (it == homes_.end() || all) {
      if (std::find(mine.joins.begin(), mine.joins.end(), address) == mine.joins.end()) {
        SymId general = at.kind == SymKind::Element ? syms_.element(at.a, kNoSym) : address;
        if (std::find(mine.joins.begin(), mine.joins.end(), general) == mine.joins.end())
          mine.joins.push_back(general);
      }
    }
  }
}

// t[i] of the threads that a counting loop has started: when all are, the last of them is.
void Flow::joinedOne(SymId home, std::int64_t index, SymId handle, State& state) {
  const Gid start = syms_[handle].a;
  const Loop* starts = nullptr;
  for (const Loop& loop : loops_) {
    if (loop.gids.count(start)) starts = &loop;
  }
  if (!starts || !starts->first || !starts->bound || *starts->bound - *starts->first > 64) return;
  // Kept among the facts: the address of a handle is never null otherwise.
  auto mark = [&](std::int64_t i) { return Fact{syms_.element(home, syms_.constant(i)), false, 0}; };
  const Fact done = mark(index);
  auto at = std::lower_bound(state.facts.begin(), state.facts.end(), done);
  if (at == state.facts.end() || *at != done) state.facts.insert(at, done);
  for (std::int64_t i = *starts->first; i < *starts->bound; ++i) {
    if (!std::binary_search(state.facts.begin(), state.facts.end(), mark(i))) return;
  }
  joinValue(handle, state);
}

void Flow::joinValue(SymId handle, State& state) {
  auto joined = [&](SymId one) {
    if (std::erase(state.rest.alive, one) == 0) return;
    SymId start = one;
    while (syms_[start].kind == SymKind::Via) start = syms_[start].b;
    // What it has started may run on.
    if (context_.leaving.count(syms_[start].a)) addSorted(state.rest.alive, syms_.make(SymKind::Stale, one));
  };
  if (isHandle(handle)) {
    joined(handle);
    return;
  }
  SymKind kind = syms_[handle].kind;
  if (kind == SymKind::Phi) {
    // The one thread that may stand there (where it was not started, there is none to join), or those
    // that were started into this very variable.
    std::set<SymId> handles;
    std::set<SymId> seen{handle};
    std::vector<SymId> work{handle};
    while (!work.empty()) {
      SymId at = work.back();
      work.pop_back();
      if (isHandle(at)) {
        handles.insert(at);
        continue;
      }
      if (syms_[at].kind != SymKind::Phi) continue;
      auto inputs = context_.phis.find(at);
      if (inputs == context_.phis.end()) continue;
      for (SymId input : inputs->second) {
        if (seen.insert(input).second) work.push_back(input);
      }
    }
    auto home = homes_.find(syms_[handle].b);
    for (SymId one : handles) {
      if (handles.size() == 1 || (home != homes_.end() && home->second.count(one))) joined(one);
    }
    return;
  }
  if (kind != SymKind::Const && kind != SymKind::Unknown) addSorted(state.rest.joined, handle);
}

}  // namespace gridlock::link
