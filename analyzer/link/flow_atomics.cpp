// Flow: atomic flags as locks, counters as references, and what leaves shared
// places.
//
// `while (flag.test_and_set());` … `flag.clear();` excludes others as a lock
// does. It has no name as a lock, and is left out of orders and leaks: many
// flags mean other things.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

void Flow::atomicUpdate(const facts::Instruction& in, Gid gid, SymId address, State state, States& out) {
  const facts::Value& callee = unit_.values[in.callee];
  std::string_view operation;
  if (callee.kind == facts::ValueKind::Function)
    operation = program_.symbols[info_.map->symbols[callee.index]].qualified;
  forget(address, state);
  state.blurred = true;
  SymId old = syms_.make(SymKind::Load, address);
  std::erase_if(state.facts, [&](const Fact& fact) { return syms_.contains(fact.sym, old); });
  bool test_and_set = operation.ends_with("test_and_set");
  bool exchange = operation.ends_with("atomic_exchange");
  bool compare = operation.find("compare_exchange") != std::string_view::npos;
  std::optional<std::int64_t> stored;
  std::size_t position = compare ? 2 : 1;
  if (position < in.args.size()) stored = constantOf(evalValue(in.args[position], state), state);
  if (test_and_set) stored = 1;
  if (exchange && stored && *stored == 0) {
    clearFlag(address, syms_.constant(0), state);
    setResult(gid, kNoSym, state);
    out.push_back(std::move(state));
    return;
  }
  bool held =
      std::any_of(state.locks.begin(), state.locks.end(), [&](const Held& h) { return h.lock == address; });
  bool used = used_results_.count(gid - info_.first_gid) > 0;
  if ((test_and_set || exchange || compare) && stored && *stored != 0 && used && !held) {
    State failed = state;
    setResult(gid, syms_.constant(compare ? 0 : 1), failed);
    out.push_back(std::move(failed));
    Held flag;
    flag.lock = address;
    flag.soft = true;
    flag.at = flag.primitive = gid;
    state.locks.push_back(flag);
    std::erase(state.rest.cleared, address);
    setResult(gid, syms_.constant(compare ? 1 : 0), state);
    out.push_back(std::move(state));
    return;
  }
  if (!compare) clearFlag(address, kNoSym, state);
  setResult(gid, kNoSym, state);
  out.push_back(std::move(state));
}

void Flow::clearFlag(SymId address, SymId value, State& state) {
  if (auto n = constantOf(value, state); n && *n != 0) return;
  auto held = std::find_if(state.locks.begin(), state.locks.end(),
                           [&](const Held& h) { return h.soft && h.lock == address; });
  if (held != state.locks.end())
    dropSoft(address, state);
  else if (paramsOnly(address) && state.rest.cleared.size() < 8)
    addSorted(state.rest.cleared, address);
}

// `head = item->next;` under a lock takes the item out: it is this thread's own
// until it is stored again.
void Flow::takeOut(SymId address, SymId value, State& state) {
  bool locked = std::any_of(state.locks.begin(), state.locks.end(), [](const Held& h) { return !h.maybe; });
  SymId root = syms_.rootOf(address);
  if (isFresh(root, state)) return;
  std::erase(state.rest.taken, value);
  if (!locked) return;
  SymId old = load(address, state);
  // `p = ring[head]; head = (head + 1) % n;`: what stood at the old index.
  for (const Binding& binding : state.memory) {
    const SymKind variable = syms_[binding.first].kind;
    if (variable != SymKind::Local && variable != SymKind::ResultSlot) continue;
    if (syms_[binding.second].kind != SymKind::Load) continue;
    const Sym& slot = syms_[syms_[binding.second].a];
    if (slot.kind == SymKind::Element && slot.b != kNoSym && slot.b == old &&
        syms_[old].kind != SymKind::Const)
      addSorted(state.rest.taken, binding.second);
  }
  const Sym& s = syms_[old];
  const bool known = s.kind == SymKind::Load || s.kind == SymKind::Via || s.kind == SymKind::Phi;
  if (old == value || !known) return;
  // `node->next = head; head = node;`: it is still on the list.
  const bool linked = std::any_of(state.memory.begin(), state.memory.end(), [&](const Binding& binding) {
    const SymKind at = syms_[binding.first].kind;
    return binding.second == old && binding.first != address &&
           (at == SymKind::Field || at == SymKind::Element);
  });
  if (linked) return;
  addSorted(state.rest.taken, old);
}

// Whether nobody else has what is at `address`: it was taken out, or on some ways made here.
bool Flow::isOwn(SymId address, const State& state) const {
  auto taken = [&](SymId value) {
    return std::binary_search(state.rest.taken.begin(), state.rest.taken.end(), value);
  };
  if (taken(address)) return true;
  if (syms_[address].kind != SymKind::Phi || state.rest.taken.empty()) return false;
  const std::vector<SymId> ways = alternatives(address);
  bool any = false;
  for (SymId way : ways) {
    any |= taken(way);
    if (!taken(way) && syms_[way].kind != SymKind::Const && !isFresh(syms_.rootOf(way), state)) return false;
  }
  return any;
}

}  // namespace gridlock::link
