// ModeFlags: which globals are flags of threads, and who sets them.
#include "analyzer/link/mode_flags.h"

#include <algorithm>

namespace gridlock::link {

namespace {

using facts::InstructionKind;
using facts::ValueKind;

// The global that a path denotes as a whole.
Index globalOf(const FunctionInfo& function, facts::PathId id) {
  if (id == kNone) return kNone;
  const facts::Path& path = function.map->unit->paths[id];
  if (path.root != facts::RootKind::Global || !path.steps.empty()) return kNone;
  return function.map->symbols[path.index];
}

// The global that a condition compares with a constant.
Index testedGlobal(const FunctionInfo& function, facts::ValueId condition) {
  if (condition == kNone) return kNone;
  const std::vector<facts::Value>& values = function.map->unit->values;
  const facts::Value& value = values[condition];
  if (value.kind != ValueKind::Compare || value.left == kNone || value.right == kNone) return kNone;
  if (values[value.right].kind != ValueKind::Constant || values[value.left].kind != ValueKind::Load)
    return kNone;
  return globalOf(function, values[value.left].index);
}

bool addressTaken(const Program& program, std::vector<bool>& out) {
  bool any = false;
  for (const FunctionInfo& function : program.functions) {
    const facts::Unit& unit = *function.map->unit;
    auto take = [&](facts::ValueId id) {
      if (id == kNone || unit.values[id].kind != ValueKind::Function) return;
      const Index target = program.symbols[function.map->symbols[unit.values[id].index]].function;
      if (target == kNone) return;
      out[target] = true;
      any = true;
    };
    for (const facts::Instruction& in : function.body->instructions) {
      take(in.value);
      if (in.kind != InstructionKind::Call) continue;
      for (facts::ValueId argument : in.args) take(argument);
    }
  }
  return any;
}

}  // namespace

ModeFlags::ModeFlags(const Program& program) {
  std::vector<bool> roots(program.functions.size(), false);
  if (!addressTaken(program, roots)) return;
  for (Index f = 0; f < program.functions.size(); ++f) {
    if (!roots[f]) continue;
    for (const facts::Block& block : program.functions[f].body->blocks) {
      const Index flag = testedGlobal(program.functions[f], block.condition);
      if (flag != kNone) flags_.insert(flag);
    }
  }
  if (flags_.empty()) return;
  for (Index f = 0; f < program.functions.size(); ++f) {
    for (const facts::Instruction& in : program.functions[f].body->instructions) {
      if (in.kind != InstructionKind::Write && in.kind != InstructionKind::ReadWrite) continue;
      const Index flag = globalOf(program.functions[f], in.path);
      if (flag != kNone && flags_.count(flag)) setters_[flag].insert(f);
    }
  }
  for (auto& [flag, setters] : setters_) {
    const std::set<Index> direct = setters;
    for (Index f = 0; f < program.functions.size(); ++f) {
      const FunctionInfo& function = program.functions[f];
      const facts::Unit& unit = *function.map->unit;
      for (const facts::Instruction& in : function.body->instructions) {
        if (in.kind != InstructionKind::Call || in.callee == kNone ||
            unit.values[in.callee].kind != ValueKind::Function)
          continue;
        const Index callee = program.symbols[function.map->symbols[unit.values[in.callee].index]].function;
        if (callee != kNone && direct.count(callee)) setters.insert(f);
      }
    }
  }
}

bool ModeFlags::isContent(const SymTable& syms, SymId sym) const {
  if (flags_.empty() || syms[sym].kind != SymKind::Load) return false;
  const Sym& address = syms[syms[sym].a];
  return address.kind == SymKind::Global && flags_.count(address.a) > 0;
}

std::vector<Fact> ModeFlags::within(const SymTable& syms, Index function,
                                    const std::vector<Fact>& known) const {
  std::vector<Fact> out;
  for (const Fact& fact : known) {
    auto setters = setters_.find(syms[syms[fact.sym].a].a);
    if (setters == setters_.end() || !setters->second.count(function)) out.push_back(fact);
  }
  return out;
}

Index ModeFlags::contradiction(const SymTable& syms, const std::vector<Fact>& known,
                               const std::vector<Fact>& here) {
  for (const Fact& a : known) {
    for (const Fact& b : here) {
      if (a.sym != b.sym) continue;
      const bool excluded = a.equal == b.equal ? a.equal && a.value != b.value : a.value == b.value;
      if (excluded) return syms[syms[a.sym].a].a;
    }
  }
  return kNone;
}

}  // namespace gridlock::link
