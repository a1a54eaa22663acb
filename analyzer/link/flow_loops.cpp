// Flow: which loops a function has, what counts their rounds, and what a round leaves to the next.
#include <algorithm>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/flow.h"

namespace gridlock::link {

void Flow::findLoops() {
  std::size_t n = body_.blocks.size();
  loops_of_.assign(n, {});
  std::map<Index, std::vector<Index>> latches;
  for (Index block : order_) {
    for (const facts::Edge& edge : body_.blocks[block].successors) {
      if (position_[edge.target] <= position_[block]) latches[edge.target].push_back(block);
    }
  }
  for (auto& [header, sources] : latches) {
    Loop loop;
    loop.header = header;
    loop.blocks.assign(n, false);
    loop.blocks[header] = true;
    std::vector<Index> work(sources);
    while (!work.empty()) {
      Index block = work.back();
      work.pop_back();
      if (loop.blocks[block]) continue;
      if (position_[block] < position_[header]) continue;  // irreducible: a second entry
      loop.blocks[block] = true;
      for (Index p : predecessors_[block]) work.push_back(p);
    }
    for (Index block = 0; block < n; ++block) {
      if (!loop.blocks[block]) continue;
      for (Index i : body_.blocks[block].instructions) loop.gids.insert(info_.first_gid + i);
    }
    loop.spins = isSpin(loop);
    loops_.push_back(std::move(loop));
  }
  for (Loop& loop : loops_) {
    for (Gid gid : loop.gids) {
      const facts::Instruction& in = body_.instructions[gid - info_.first_gid];
      if (in.kind != facts::InstructionKind::Call || in.callee == kNone) continue;
      const facts::Value& callee = unit_.values[in.callee];
      if (callee.kind != facts::ValueKind::Function) continue;
      const SymbolInfo& symbol = program_.symbols[info_.map->symbols[callee.index]];
      if (symbol.function != kNone) {
        const std::vector<Event>& events = context_.summaries[symbol.function].events;
        loop.has_joins |= std::any_of(events.begin(), events.end(),
                                      [](const Event& event) { return event.kind == EventKind::Join; });
      } else if (const Model* known = context_.models.find(symbol.qualified)) {
        loop.has_joins |= std::any_of(known->begin(), known->end(), [](const Effect& effect) {
          return effect.op == Op::Join || effect.op == Op::JoinObject || effect.op == Op::JoinIfStarted;
        });
      }
    }
  }
  // The counter of a counting loop, and what ends it.
  for (Loop& loop : loops_) {
    for (Index block = 0; block < n; ++block) {
      if (!loop.blocks[block] || body_.blocks[block].condition == kNone) continue;
      bool leaves = false;
      for (const facts::Edge& edge : body_.blocks[block].successors) leaves |= !loop.blocks[edge.target];
      if (!leaves || (block != loop.header && loop.has_bound)) continue;
      const facts::Value& c = unit_.values[body_.blocks[block].condition];
      if (c.kind != facts::ValueKind::Compare || c.left == kNone || c.right == kNone) continue;
      const facts::Value& left = unit_.values[c.left];
      const facts::Value& right = unit_.values[c.right];
      if (left.kind != facts::ValueKind::Load) continue;
      const facts::Path& path = unit_.paths[left.index];
      if (path.root != facts::RootKind::Local || !path.steps.empty()) continue;
      loop.counter = syms_.make(SymKind::Local, function_, path.index);
      loop.has_bound = true;
      loop.bound_op = c.op;
      loop.bound.reset();
      loop.bound_sym = kNoSym;
      loop.bound_local = kNone;
      if (right.kind == facts::ValueKind::Constant)
        loop.bound = right.number + (c.op == facts::CompareOp::Le ? 1 : 0);
      else if (right.kind == facts::ValueKind::Load) {
        loop.bound_sym = syms_.make(SymKind::Unknown, info_.first_gid, 20, right.index);
        const facts::Path& bound = unit_.paths[right.index];
        if (bound.root == facts::RootKind::Local && bound.steps.empty()) loop.bound_local = bound.index;
      } else
        loop.has_bound = false;
    }
  }
  // Outer ones first.
  std::sort(loops_.begin(), loops_.end(), [](const Loop& a, const Loop& b) {
    auto size = [](const Loop& l) { return std::count(l.blocks.begin(), l.blocks.end(), true); };
    return size(a) > size(b);
  });
  for (Index l = 0; l < loops_.size(); ++l) {
    for (Index block = 0; block < n; ++block) {
      if (loops_[l].blocks[block]) loops_of_[block].push_back(l);
    }
  }
}

// Whether a value is another one for each index: `i`, `i * chunk`, `(i + 1) * size / parts`.
bool Flow::ownOfIndex(SymId value, SymId index) const {
  if (value == index) return true;
  const Sym s = syms_[value];
  if (s.kind != SymKind::Arith) return false;
  switch (static_cast<facts::Arithmetic>(s.n)) {
    case facts::Arithmetic::Add:
    case facts::Arithmetic::Subtract:
      if (syms_[s.a].kind == SymKind::Const) return ownOfIndex(s.b, index);
      return syms_[s.b].kind == SymKind::Const && ownOfIndex(s.a, index);
    case facts::Arithmetic::Multiply:
      return (ownOfIndex(s.a, index) && !syms_.contains(s.b, index)) ||
             (ownOfIndex(s.b, index) && !syms_.contains(s.a, index));
    case facts::Arithmetic::Divide: {
      const Sym& product = syms_[s.a];
      return product.kind == SymKind::Arith &&
             product.n == static_cast<std::int64_t>(facts::Arithmetic::Multiply) && ownOfIndex(s.a, index);
    }
    default:
      return false;
  }
}

// `ranges[i].begin = i * chunk;`, `ids[i] = i;`
void Flow::noteIndexed(SymId address, SymId value, const facts::Instruction& in) {
  if ((in.flags & facts::kInstrInitialisation) && syms_[value].kind == SymKind::Const) return;
  SymId element = address;
  while (syms_[element].kind == SymKind::Field) element = syms_[element].a;
  const Sym at = syms_[element];
  std::uint64_t key = writeKey(syms_, address);
  if (element == address) {
    if (at.kind != SymKind::Element || syms_[at.a].kind != SymKind::Local) return;
    key = kIndexedArray | at.a;
  }
  if (key == 0) return;
  const bool own = at.kind == SymKind::Element && at.b != kNoSym && syms_[at.b].kind != SymKind::Const &&
                   ownOfIndex(value, at.b);
  auto [known, fresh] = context_.indexed.try_emplace(key, own);
  if (!fresh) known->second &= own;
}

// Waits for others to change something: nothing in it could.
bool Flow::isSpin(const Loop& loop) const {
  for (Gid gid : loop.gids) {
    const facts::Instruction& in = body_.instructions[gid - info_.first_gid];
    switch (in.kind) {
      case facts::InstructionKind::Read:
      case facts::InstructionKind::ScopeEnd:
        break;
      case facts::InstructionKind::Assign:
        if (in.value == kNone || unit_.values[in.value].kind != facts::ValueKind::Load) return false;
        break;
      case facts::InstructionKind::Call: {
        if (in.callee == kNone || unit_.values[in.callee].kind != facts::ValueKind::Function) return false;
        const SymbolInfo& symbol = program_.symbols[info_.map->symbols[unit_.values[in.callee].index]];
        if (symbol.function != kNone) return false;
        const Model* known = context_.models.find(symbol.qualified);
        if (known && known->front().op != Op::Nothing && known->front().op != Op::Block) return false;
        break;
      }
      default:
        return false;
    }
  }
  return true;
}

// What is shared is another at the next look.
void Flow::lookAgain(State& state) const {
  auto shared = [&](SymId address) {
    SymKind kind = syms_[syms_.rootOf(address)].kind;
    return kind == SymKind::Global || kind == SymKind::Param || kind == SymKind::Load;
  };
  state.blurred = true;
  state.idle.clear();
  std::erase_if(state.memory, [&](const Binding& b) { return shared(b.first) && !isHandle(b.second); });
  std::erase_if(state.facts, [&](const Fact& fact) {
    SymId at = fact.sym;
    if (syms_[at].kind == SymKind::Compare) at = syms_[at].a;
    return syms_[at].kind == SymKind::Load && shared(syms_[at].a);
  });
}

// Leaves that the loop computes anew in its next round become those of the
// round before.
void Flow::staleLoop(State& state, const Loop& loop) {
  std::unordered_map<SymId, SymId> memo;
  std::function<SymId(SymId)> stale = [&](SymId id) -> SymId {
    if (id == kNoSym || !syms_.relative(id)) return id;
    auto it = memo.find(id);
    if (it != memo.end()) return it->second;
    const Sym s = syms_[id];
    SymId out = id;
    switch (s.kind) {
      case SymKind::Result:
      case SymKind::ResultSlot:
      case SymKind::Alloc:
      case SymKind::Unknown:
        if (loop.gids.count(s.a)) out = syms_.make(SymKind::Stale, id);
        break;
      case SymKind::Via: {
        SymId inner = s.b;
        while (syms_[inner].kind == SymKind::Via) inner = syms_[inner].b;
        if (loop.gids.count(s.a) && syms_[inner].kind != SymKind::Handle)
          out = syms_.make(SymKind::Stale, id);
        break;
      }
      case SymKind::Phi:
        if (s.a == function_ && loop.blocks[static_cast<Index>(s.n)]) out = syms_.make(SymKind::Stale, id);
        break;
      case SymKind::Field:
      case SymKind::Load:
      case SymKind::Not:
        out = syms_.make(s.kind, stale(s.a), s.b, s.n);
        break;
      case SymKind::Element:
      case SymKind::Arith:
      case SymKind::Compare:
        out = syms_.make(s.kind, stale(s.a), stale(s.b), s.n);
        break;
      default:
        break;
    }
    memo.emplace(id, out);
    return out;
  };
  for (Held& held : state.locks) held.lock = stale(held.lock);
  for (SymId& lock : state.rest.released) lock = stale(lock);
  for (SymId& root : state.rest.escaped) root = stale(root);
  for (SymId& value : state.rest.joined) value = stale(value);
  for (SymId& value : state.rest.awaited) value = stale(value);
  for (SymId& value : state.rest.signalled) value = stale(value);
  auto unique = [](std::vector<SymId>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  unique(state.rest.released);
  unique(state.rest.escaped);
  unique(state.rest.joined);
  unique(state.rest.awaited);
  unique(state.rest.signalled);
  for (auto* list :
       {&state.rest.taken, &state.rest.unlinked, &state.rest.last, &state.rest.acquired, &state.rest.dropped,
        &state.rest.destroyed, &state.rest.initialised, &state.rest.cleared}) {
    for (SymId& value : *list) value = stale(value);
    unique(*list);
  }
  // One entry for all rounds of one lock.
  for (std::size_t i = 0; i < state.locks.size(); ++i) {
    for (std::size_t j = i + 1; j < state.locks.size();) {
      if (state.locks[i].lock == state.locks[j].lock && state.locks[i].mode == state.locks[j].mode)
        state.locks.erase(state.locks.begin() + static_cast<std::ptrdiff_t>(j));
      else
        ++j;
    }
  }
  std::erase_if(state.idle, [&](SymId address) { return stale(address) != address; });
  std::vector<Binding> memory;
  for (Binding& binding : state.memory) {
    SymId address = stale(binding.first);
    if (syms_.hasStale(address)) {
      SymKind last = syms_[address].kind;
      bool guard = last == SymKind::Field && program_.isPseudo(syms_[address].b);
      if (!guard) continue;
    }
    memory.emplace_back(address, stale(binding.second));
  }
  std::sort(memory.begin(), memory.end());
  memory.erase(std::unique(memory.begin(), memory.end(),
                           [](const Binding& a, const Binding& b) { return a.first == b.first; }),
               memory.end());
  state.memory = std::move(memory);
  std::vector<Fact> kept;
  for (Fact fact : state.facts) {
    fact.sym = stale(fact.sym);
    if (!syms_.hasStale(fact.sym)) kept.push_back(fact);
  }
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  state.facts = std::move(kept);
}

}  // namespace gridlock::link
