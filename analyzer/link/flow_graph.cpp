// Flow: order of blocks, and what happens to states where ways meet.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

namespace {
constexpr std::size_t kStatesPerBlock = 8;
constexpr std::size_t kStatesPerBlockOfLarge = 4;  // functions of more than kLarge blocks
constexpr std::size_t kStatesOfOneLockset = 4;     // those that differ in live threads only
constexpr std::size_t kLarge = 200;
constexpr std::size_t kMemory = 192;  // places whose content is followed
constexpr std::size_t kFacts = 48;

// Lists are sorted, and short: what a bound cuts off costs precision only.
constexpr std::size_t kListed = 256;

template <typename T>
void unite(std::vector<T>& into, const std::vector<T>& other) {
  if (other.empty() || into == other) return;
  std::vector<T> out;
  out.reserve(into.size() + other.size());
  std::set_union(into.begin(), into.end(), other.begin(), other.end(), std::back_inserter(out));
  if (out.size() > kListed) out.resize(kListed);
  into = std::move(out);
}

template <typename T>
void intersect(std::vector<T>& into, const std::vector<T>& other) {
  if (into.empty() || into == other) return;
  std::vector<T> out;
  std::set_intersection(into.begin(), into.end(), other.begin(), other.end(), std::back_inserter(out));
  into = std::move(out);
}

}  // namespace

// Which results are looked at: a lock call whose result nobody tests is taken
// to succeed.
void Flow::findUsedResults() {
  std::set<facts::ValueId> seen;
  std::set<Index> found;
  std::vector<facts::ValueId> work;
  auto addValue = [&](facts::ValueId id) {
    if (id != kNone && seen.insert(id).second) work.push_back(id);
  };
  auto addPath = [&](facts::PathId id) {
    if (id == kNone) return;
    const facts::Path& path = unit_.paths[id];
    if (path.root == facts::RootKind::Result) found.insert(path.index);
    for (const facts::Step& step : path.steps) {
      if (step.kind == facts::StepKind::Element && step.element == facts::ElementKind::Value)
        addValue(step.index);
    }
  };
  std::vector<Index> block_of(body_.instructions.size(), kNone);
  for (Index b = 0; b < body_.blocks.size(); ++b) {
    for (Index i : body_.blocks[b].instructions) block_of[i] = b;
  }
  for (Index b = 0; b < body_.blocks.size(); ++b) {
    seen.clear();
    found.clear();
    for (Index i : body_.blocks[b].instructions) {
      const facts::Instruction& in = body_.instructions[i];
      addPath(in.path);
      addValue(in.value);
      addValue(in.callee);
      for (facts::ValueId arg : in.args) addValue(arg);
    }
    addValue(body_.blocks[b].condition);
    while (!work.empty()) {
      const facts::Value& value = unit_.values[work.back()];
      work.pop_back();
      addValue(value.left);
      addValue(value.right);
      if (value.kind == facts::ValueKind::Result) found.insert(value.index);
      if (value.kind == facts::ValueKind::AddressOf || value.kind == facts::ValueKind::Load ||
          value.kind == facts::ValueKind::Object)
        addPath(value.index);
    }
    for (Index i : found) {
      used_results_.insert(i);
      if (i < block_of.size() && block_of[i] != b) crossing_results_.insert(info_.first_gid + i);
    }
  }
}

void Flow::prepareGraph() {
  findUsedResults();
  std::size_t n = body_.blocks.size();
  in_.assign(n, {});
  predecessors_.assign(n, {});
  position_.assign(n, kNone);
  std::vector<std::pair<Index, std::size_t>> stack{{body_.entry, 0}};
  std::vector<bool> seen(n, false);
  seen[body_.entry] = true;
  std::vector<Index> post;
  while (!stack.empty()) {
    auto& [block, next] = stack.back();
    if (next < body_.blocks[block].successors.size()) {
      Index target = body_.blocks[block].successors[next++].target;
      if (!seen[target]) {
        seen[target] = true;
        stack.emplace_back(target, 0);
      }
    } else {
      post.push_back(block);
      stack.pop_back();
    }
  }
  order_.assign(post.rbegin(), post.rend());
  for (std::size_t i = 0; i < order_.size(); ++i) position_[order_[i]] = static_cast<Index>(i);
  for (Index block : order_) {
    for (const facts::Edge& edge : body_.blocks[block].successors)
      predecessors_[edge.target].push_back(block);
  }
  findDyingBlocks();
  findChoices();
  findLoops();
}

void Flow::findChoices() {
  choices_.assign(body_.blocks.size(), {});
  for (Index b : order_) {
    if (predecessors_[b].size() < 2) continue;
    std::vector<facts::ValueId> work;
    std::set<facts::ValueId> seen;
    auto addValue = [&](facts::ValueId id) {
      if (id != kNone && seen.insert(id).second) work.push_back(id);
    };
    for (Index i : body_.blocks[b].instructions) {
      const facts::Instruction& in = body_.instructions[i];
      addValue(in.value);
      for (facts::ValueId arg : in.args) addValue(arg);
    }
    addValue(body_.blocks[b].condition);
    while (!work.empty()) {
      const facts::Value& value = unit_.values[work.back()];
      work.pop_back();
      addValue(value.left);
      addValue(value.right);
      if (value.kind != facts::ValueKind::Load) continue;
      const facts::Path& path = unit_.paths[value.index];
      const bool local = path.root == facts::RootKind::Local || path.root == facts::RootKind::Temporary;
      if (!local || !path.steps.empty() || path.index >= body_.locals.size()) continue;
      const facts::Local& variable = body_.locals[path.index];
      const TypeInfo* type = program_.typeInfo(program_.typeOf(*info_.map, variable.type));
      if (variable.kind != facts::LocalKind::Temporary || !type || type->kind != facts::TypeKind::Scalar)
        continue;
      if (choices_[b].size() < 2) choices_[b].push_back(syms_.make(SymKind::Local, function_, path.index));
    }
  }
}

// A failed assertion, a fatal error: what such ways do (print a report, mostly) is for a process that
// is lost already. An orderly exit(0), the end of a thread and a jump are not meant.
void Flow::findDyingBlocks() {
  dying_.assign(body_.blocks.size(), false);
  auto endsTheProcess = [&](Index b) {
    if (b == body_.exit || !body_.blocks[b].successors.empty()) return false;
    for (Index i : body_.blocks[b].instructions) {
      const facts::Instruction& in = body_.instructions[i];
      if (in.kind == facts::InstructionKind::Throw || in.kind == facts::InstructionKind::Return) return false;
      if (in.kind != facts::InstructionKind::Call || in.callee == kNone ||
          unit_.values[in.callee].kind != facts::ValueKind::Function)
        continue;
      std::string_view name = program_.symbols[info_.map->symbols[unit_.values[in.callee].index]].qualified;
      if (name.starts_with("std::")) name.remove_prefix(5);
      if (name == "pthread_exit" || name == "thrd_exit" || name == "longjmp" || name == "siglongjmp")
        return false;
      if (name != "exit" && name != "_exit" && name != "_Exit" && name != "quick_exit") continue;
      const bool failure = in.args.size() == 1 && in.args[0] != kNone &&
                           unit_.values[in.args[0]].kind == facts::ValueKind::Constant &&
                           unit_.values[in.args[0]].number != 0;
      if (!failure) return false;
    }
    return true;
  };
  // Successors first.
  for (auto block = order_.rbegin(); block != order_.rend(); ++block) {
    const std::vector<facts::Edge>& edges = body_.blocks[*block].successors;
    dying_[*block] = edges.empty() ? endsTheProcess(*block)
                                   : std::all_of(edges.begin(), edges.end(), [&](const facts::Edge& edge) {
                                       return dying_[edge.target];
                                     });
  }
}

// What keeps states apart: the locks held and, where `block` is given, the threads started and not
// yet joined. `if (parallel) start(); … if (parallel) join();` needs both ways. Inside a loop that
// starts threads and joins none they do not count: its first round is like the others.
std::uint64_t Flow::propertyOf(const State& state, Index block) const {
  std::uint64_t key = state.rest.thrown ? 3 : 5;
  auto add = [&](std::uint64_t value) {
    key ^= value + 0x9e3779b97f4a7c15ull + (key << 6) + (key >> 2);
    key *= 0xff51afd7ed558ccdull;
  };
  std::uint64_t locks = 0;  // in any order
  for (const Held& held : state.locks) {
    if (held.weak) continue;
    std::uint64_t one =
        held.lock * 64ull + static_cast<std::uint64_t>(held.mode) * 32 + held.count * 2u + held.maybe;
    one *= 0x9e3779b97f4a7c15ull;
    locks += one ^ (one >> 29);
  }
  add(locks);
  for (SymId lock : state.rest.released) add(lock);
  if (block != kNone) {
    for (SymId alive : state.rest.alive) {
      const SymId handle = syms_[alive].kind == SymKind::Stale ? syms_[alive].a : alive;
      bool own = false;
      for (Index l : loops_of_[block])
        own =
            loops_[l].gids.count(syms_[handle].a) > 0 && (!loops_[l].has_joins || loops_[l].header == block);
      if (!own) add(alive);
    }
  }
  // In an atomic section, `if (*v == old) *v = new;`: whether it did.
  if (summary_.section) {
    for (const Fact& fact : state.needs)
      add(fact.sym * 4ull + static_cast<std::uint64_t>(fact.value) * 2 + fact.equal);
  }
  // `a && b` where it is looked at: which of the two said no.
  if (block != kNone) {
    for (SymId temporary : choices_[block]) {
      auto value = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{temporary, 0});
      if (value == state.memory.end() || value->first != temporary) continue;
      add(syms_[value->second].kind == SymKind::Const ? value->second : 13);
    }
  }
  // What failed and what succeeded are two ways out of a function: NULL is no allocated object.
  if (block == body_.exit) {
    const SymId slot = returnSlot(syms_, function_);
    auto result = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{slot, 0});
    const bool known = result != state.memory.end() && result->first == slot;
    if (known && syms_[result->second].kind == SymKind::Const) add(syms_[result->second].n == 0 ? 7 : 11);
  }
  if (!has_guards_) return key;
  for (const Binding& binding : state.memory) {
    const Sym& address = syms_[binding.first];
    if (address.kind == SymKind::Field && address.b == context_.owned_field) {
      add(binding.first);
      add(binding.second);
    }
  }
  return key;
}

bool Flow::mergeInto(State& into, const State& other, Index block) {
  if (into == other) return false;
  State before = into;
  bool grown = false;
  // States of one block have variables of their own.
  std::uint32_t way =
      phi_ways_.try_emplace({block, propertyOf(into, block)}, static_cast<std::uint32_t>(phi_ways_.size()))
          .first->second;
  // Locks: equal property, or (past the bound) what both hold.
  for (Held& held : into.locks) {
    auto match = std::find_if(other.locks.begin(), other.locks.end(),
                              [&](const Held& h) { return h.lock == held.lock && h.mode == held.mode; });
    if (match == other.locks.end() || match->maybe) held.maybe = true;
    if (match != other.locks.end()) {
      if (match->at < held.at) held.at = match->at;
      if (match->primitive < held.primitive) held.primitive = match->primitive;
    }
  }
  for (const Held& held : other.locks) {
    auto match = std::find_if(into.locks.begin(), into.locks.end(),
                              [&](const Held& h) { return h.lock == held.lock && h.mode == held.mode; });
    if (match != into.locks.end() || held.weak) continue;
    // Callees that may keep a lock give it another name at each call: what is held only perhaps
    // serves lock orders alone, and a few of them are enough.
    if (into.locks.size() >= kLocksHeld) {
      summary_.cut = true;
      continue;
    }
    into.locks.push_back(held);
    into.locks.back().maybe = true;
  }
  std::erase_if(into.locks, [](const Held& held) { return held.weak && held.maybe; });
  unite(into.rest.released, other.rest.released);
  unite(into.rest.alive, other.rest.alive);
  intersect(into.rest.joined, other.rest.joined);
  intersect(into.rest.awaited, other.rest.awaited);
  unite(into.rest.signalled, other.rest.signalled);
  intersect(into.rest.once, other.rest.once);
  unite(into.rest.escaped, other.rest.escaped);
  unite(into.rest.cleared, other.rest.cleared);
  // What was taken out on one way and is null on the other was taken.
  auto null_in = [&](const State& state, SymId value) {
    return std::any_of(state.facts.begin(), state.facts.end(),
                       [&](const Fact& fact) { return fact.sym == value && fact.equal && fact.value == 0; });
  };
  auto own_on_both = [&](std::vector<SymId>& list, const std::vector<SymId>& others) {
    std::vector<SymId> taken;
    for (SymId value : list) {
      if (std::binary_search(others.begin(), others.end(), value) || null_in(other, value))
        taken.push_back(value);
    }
    for (SymId value : others) {
      if (!std::binary_search(list.begin(), list.end(), value) && null_in(into, value))
        taken.push_back(value);
    }
    std::sort(taken.begin(), taken.end());
    list = std::move(taken);
  };
  own_on_both(into.rest.taken, other.rest.taken);
  own_on_both(into.rest.unlinked, other.rest.unlinked);
  intersect(into.rest.dropped, other.rest.dropped);
  intersect(into.rest.last, other.rest.last);
  intersect(into.rest.acquired, other.rest.acquired);
  if (into.rest.phase != other.rest.phase) {
    const std::vector<Gid> none{kNone};
    if (into.rest.phase.empty()) into.rest.phase = none;
    unite(into.rest.phase, other.rest.phase.empty() ? none : other.rest.phase);
  }
  intersect(into.rest.destroyed, other.rest.destroyed);
  intersect(into.rest.initialised, other.rest.initialised);
  intersect(into.facts, other.facts);
  intersect(into.needs, other.needs);
  intersect(into.idle, other.idle);
  into.blurred |= other.blurred;
  unite(into.wrote, other.wrote);
  into.wrote_more |= other.wrote_more;

  std::vector<Binding> memory;
  auto a = into.memory.begin();
  auto b = other.memory.begin();
  // An error on both ways, whichever it is, is one.
  std::vector<Fact> errors;
  auto notZero = [&](SymId v, const State& state) {
    if (syms_[v].kind == SymKind::Const) return syms_[v].n != 0;
    return std::any_of(state.facts.begin(), state.facts.end(),
                       [&](const Fact& fact) { return fact.sym == v && fact.equal == (fact.value != 0); });
  };
  auto phi = [&](SymId address, SymId x, SymId y) {
    // Where no thread was started there is none to join.
    if (isHandle(x) != isHandle(y) && syms_[isHandle(x) ? y : x].kind != SymKind::Phi)
      return isHandle(x) ? x : y;
    // An allocation that may fail: NULL leads nowhere, and its test still has both answers.
    auto null = [&](SymId v) { return syms_[v].kind == SymKind::Const && syms_[v].n == 0; };
    if (null(x) != null(y) && isAllocation(null(x) ? y : x)) return null(x) ? y : x;
    SymId out = syms_.make(SymKind::Phi, function_, address,
                           static_cast<std::int64_t>(block) | static_cast<std::int64_t>(way) << 32);
    std::vector<SymId>& inputs = context_.phis[out];
    for (SymId input : {x, y}) {
      if (input != out && std::find(inputs.begin(), inputs.end(), input) == inputs.end()) {
        inputs.push_back(input);
        grown = true;
      }
    }
    if (notZero(x, before) && notZero(y, other)) errors.push_back({out, false, 0});
    return out;
  };
  std::map<std::pair<SymId, SymId>, SymId> equal;
  auto merged = [&](SymId address, SymId x, SymId y) {
    if (x == y) return x;
    x = narrowed(x, before.facts);
    y = narrowed(y, other.facts);
    if (x == y) return x;
    if (syms_[x].kind == SymKind::Const || syms_[y].kind == SymKind::Const) return phi(address, x, y);
    // What was equal on both ways stays so: `w` and the `head` that it was read from.
    auto [known, fresh] = equal.try_emplace({x, y}, kNoSym);
    if (fresh) known->second = phi(address, x, y);
    return known->second;
  };
  // What is known of a variable on both ways stays known of it: `*place == item`, wherever the place is.
  auto keepFacts = [&] {
    std::vector<Fact> kept;
    for (const Fact& fact : before.facts) {
      if (std::binary_search(other.facts.begin(), other.facts.end(), fact)) continue;
      for (const auto& [sides, out] : equal) {
        if (!syms_.contains(fact.sym, sides.first)) continue;
        const Fact there{syms_.replace(fact.sym, sides.first, sides.second), fact.equal, fact.value};
        if (!std::binary_search(other.facts.begin(), other.facts.end(), there)) continue;
        kept.push_back({syms_.replace(fact.sym, sides.first, out), fact.equal, fact.value});
        break;
      }
    }
    for (const Fact& fact : kept) {
      auto at = std::lower_bound(into.facts.begin(), into.facts.end(), fact);
      if (at == into.facts.end() || *at != fact) into.facts.insert(at, fact);
    }
  };
  // What is null on one way, and this thread's own on the other, is its own.
  std::vector<SymId> own;
  auto noteOwn = [&](SymId x, SymId y, SymId both) {
    if (syms_[both].kind != SymKind::Phi) return;
    if (before.rest.taken.empty() && other.rest.taken.empty()) return;
    auto null = [&](SymId v, const State& state) {
      return syms_[v].kind == SymKind::Const || null_in(state, v);
    };
    const bool a_own = isOwn(x, before), b_own = isOwn(y, other);
    if ((a_own && (b_own || null(y, other))) || (b_own && null(x, before))) own.push_back(both);
  };
  while (a != into.memory.end() || b != other.memory.end()) {
    if (b == other.memory.end() || (a != into.memory.end() && a->first < b->first)) {
      memory.emplace_back(a->first, merged(a->first, a->second, defaultContent(a->first)));
      ++a;
    } else if (a == into.memory.end() || b->first < a->first) {
      memory.emplace_back(b->first, merged(b->first, defaultContent(b->first), b->second));
      ++b;
    } else {
      memory.emplace_back(a->first, merged(a->first, a->second, b->second));
      noteOwn(a->second, b->second, memory.back().second);
      ++a;
      ++b;
    }
  }
  into.memory = std::move(memory);
  if (!equal.empty() && !before.facts.empty() && !other.facts.empty()) keepFacts();
  for (const Fact& fact : errors) {
    auto at = std::lower_bound(into.facts.begin(), into.facts.end(), fact);
    if (at == into.facts.end() || *at != fact) into.facts.insert(at, fact);
  }
  for (SymId value : own) {
    auto at = std::lower_bound(into.rest.taken.begin(), into.rest.taken.end(), value);
    if (at == into.rest.taken.end() || *at != value) into.rest.taken.insert(at, value);
  }
  // What a branch took for impossible may be possible now.
  if (grown) {
    for (Index cut : pruned_) {
      if (queued_[cut]) continue;
      queued_[cut] = true;
      pending_.emplace(position_[cut], cut);
    }
  }
  return !(into == before);
}

// What is followed is bounded: the function's own variables are the last to be forgotten.
void Flow::trim(State& state) {
  if (state.facts.size() > kFacts) state.facts.resize(kFacts);
  if (state.memory.size() <= kMemory) return;
  auto own = [&](const Binding& binding, bool whole) {
    const Sym& address = syms_[binding.first];
    if (address.kind == SymKind::Field && program_.isPseudo(address.b)) return true;
    if (isHandle(binding.second)) return true;
    SymKind root = syms_[whole ? binding.first : syms_.rootOf(binding.first)].kind;
    return root == SymKind::Local || root == SymKind::ParamSlot || root == SymKind::ResultSlot;
  };
  std::erase_if(state.memory, [&](const Binding& binding) { return !own(binding, false); });
  if (state.memory.size() > 2 * kMemory)
    std::erase_if(state.memory, [&](const Binding& binding) { return !own(binding, true); });
}

void Flow::enterBlock(Index block, Index from, State state) {
  if (from != kNone) {
    std::erase_if(state.memory, [&](const Binding& binding) {
      const Sym& s = syms_[binding.first];
      return s.kind == SymKind::ResultSlot && !crossing_results_.count(s.a);
    });
  }
  trim(state);
  bool back = from != kNone && position_[block] <= position_[from];
  for (Index l : loops_of_[block]) {
    Loop& loop = loops_[l];
    if (loop.header != block) continue;
    if (back) {
      staleLoop(state, loop);
      if (loop.spins) lookAgain(state);
    } else if (loop.counter != kNoSym) {
      if (auto first = constantOf(load(loop.counter, state), state)) loop.first = *first;
    }
  }
  if (from != kNone) {
    // The way out of a loop that joins all threads of an array.
    for (Index l : loops_of_[from]) {
      const Loop& loop = loops_[l];
      if (loop.blocks[block]) continue;
      for (SymId address : loop.joins) joinThread(address, 0, state, true);
      // Where it was not found, it is not on the list either.
      for (SymId found : loop.searched) noteFound(found, state);
      if (loop.partial.first != kNoSym && *loop.bound - *loop.first <= 64) {
        for (std::int64_t i = *loop.first; i < *loop.bound; ++i)
          joinedOne(loop.partial.first, i, loop.partial.second, state);
      }
    }
  }
  States& states = in_[block];
  std::uint64_t property = propertyOf(state, block);
  bool changed = false;
  bool merged = false;
  for (State& mine : states) {
    if (propertyOf(mine, block) != property) continue;
    changed = mergeInto(mine, state, block);
    merged = true;
    break;
  }
  if (!merged && !state.rest.alive.empty()) {
    std::uint64_t locks = propertyOf(state, kNone);
    auto same = [&](const State& mine) { return propertyOf(mine, kNone) == locks; };
    if (static_cast<std::size_t>(std::count_if(states.begin(), states.end(), same)) >= kStatesOfOneLockset) {
      changed = mergeInto(*std::find_if(states.begin(), states.end(), same), state, block);
      merged = true;
    }
  }
  if (!merged) {
    std::size_t bound = budget_ == 0 ? 1 : order_.size() > kLarge ? kStatesPerBlockOfLarge : kStatesPerBlock;
    if (states.size() < bound) {
      states.push_back(std::move(state));
      changed = true;
    } else {
      summary_.cut = true;
      // Into the one that holds most of the same.
      std::size_t best = 0, best_score = 0;
      for (std::size_t i = 0; i < states.size(); ++i) {
        std::size_t score = propertyOf(states[i], kNone) == propertyOf(state, kNone) ? 100 : 0;
        for (const Held& held : state.locks) {
          score +=
              static_cast<std::size_t>(std::count_if(states[i].locks.begin(), states[i].locks.end(),
                                                     [&](const Held& h) { return h.lock == held.lock; }));
        }
        if (score > best_score) {
          best = i;
          best_score = score;
        }
      }
      changed = mergeInto(states[best], state, block);
    }
  }
  // States whose properties have become equal are one.
  for (std::size_t i = 0; i + 1 < states.size() && changed; ++i) {
    for (std::size_t j = i + 1; j < states.size();) {
      if (propertyOf(states[i], block) == propertyOf(states[j], block)) {
        mergeInto(states[i], states[j], block);
        states.erase(states.begin() + static_cast<std::ptrdiff_t>(j));
      } else {
        ++j;
      }
    }
  }
  if (changed && !queued_[block]) {
    queued_[block] = true;
    pending_.emplace(position_[block], block);
  }
}

}  // namespace gridlock::link
