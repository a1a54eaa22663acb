// Flow: atomic flags as locks.
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

}  // namespace gridlock::link
