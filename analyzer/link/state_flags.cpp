// StateFlags: found by what is written, in one pass over the program.
#include "analyzer/link/state_flags.h"

#include "analyzer/facts/arithmetic.h"

namespace gridlock::link {

namespace {

// As writeKey does for addresses: the last field, or the global itself.
std::uint64_t keyOf(const FunctionInfo& function, facts::PathId id) {
  if (id == kNone) return 0;
  const facts::Path& path = function.map->unit->paths[id];
  for (auto step = path.steps.rbegin(); step != path.steps.rend(); ++step) {
    if (step->kind == facts::StepKind::Field) return (1ull << 40) | function.map->fields[step->index];
    if (step->kind != facts::StepKind::Element) return 0;
  }
  if (path.root != facts::RootKind::Global) return 0;
  return (2ull << 40) | function.map->symbols[path.index];
}

// What a function names as a callee, or takes the address of.
void named(const Program& program, const FunctionInfo& function, bool callees, std::vector<Index>& out) {
  const facts::Unit& unit = *function.map->unit;
  auto add = [&](facts::ValueId id) {
    if (id == kNone || unit.values[id].kind != facts::ValueKind::Function) return;
    const Index target = program.symbols[function.map->symbols[unit.values[id].index]].function;
    if (target != kNone) out.push_back(target);
  };
  for (const facts::Instruction& in : function.body->instructions) {
    if (callees) add(in.callee);
    add(in.value);
    for (facts::ValueId arg : in.args) add(arg);
  }
}

// Functions that may run on other threads than the first: those that pointers name, and what these call.
std::vector<bool> sharedCode(const Program& program) {
  std::vector<bool> out(program.functions.size(), false);
  std::vector<Index> work;
  for (const FunctionInfo& function : program.functions) named(program, function, false, work);
  while (!work.empty()) {
    const Index at = work.back();
    work.pop_back();
    if (out[at]) continue;
    out[at] = true;
    named(program, program.functions[at], true, work);
  }
  return out;
}

}  // namespace

StateFlags::StateFlags(const Program& program) {
  std::unordered_set<std::uint64_t> set, cleared, up, down;
  for (const FunctionInfo& function : program.functions) {
    const facts::Unit& unit = *function.map->unit;
    for (const facts::Instruction& in : function.body->instructions) {
      const bool write = in.kind == facts::InstructionKind::Write;
      if ((!write && in.kind != facts::InstructionKind::ReadWrite) || in.value == kNone) continue;
      const facts::Value& value = unit.values[in.value];
      if (value.kind == facts::ValueKind::Arithmetic && value.right != kNone &&
          unit.values[value.right].kind == facts::ValueKind::Constant) {
        const std::int64_t by = unit.values[value.right].number;
        const bool add = value.number == static_cast<std::int64_t>(facts::Arithmetic::Add);
        const bool subtract = value.number == static_cast<std::int64_t>(facts::Arithmetic::Subtract);
        const std::uint64_t key = keyOf(function, in.path);
        if (key != 0 && (by == 1 || by == -1) && (add || subtract)) ((by > 0) == add ? up : down).insert(key);
        continue;
      }
      if (!write) continue;
      if (value.kind != facts::ValueKind::Constant) continue;
      if (const std::uint64_t key = keyOf(function, in.path)) (value.number == 0 ? cleared : set).insert(key);
    }
  }
  for (std::uint64_t key : set) {
    if (cleared.count(key)) keys_.insert(key);
  }
  for (std::uint64_t key : up) {
    if (down.count(key)) counters_.insert(key);
  }
  findSettings(program);
}

void StateFlags::findSettings(const Program& program) {
  if (program.main_function == kNone) return;
  const std::vector<bool> shared = sharedCode(program);
  std::unordered_set<Index> tested, spoilt;
  auto global = [&](const FunctionInfo& function, facts::PathId id, bool whole) {
    if (id == kNone) return kNone;
    const facts::Path& path = function.map->unit->paths[id];
    const bool fits = path.root == facts::RootKind::Global && (!whole || path.steps.empty());
    return fits ? function.map->symbols[path.index] : kNone;
  };
  for (Index f = 0; f < program.functions.size(); ++f) {
    const FunctionInfo& function = program.functions[f];
    const facts::Unit& unit = *function.map->unit;
    for (const facts::Block& block : function.body->blocks) {
      if (block.condition == kNone) continue;
      facts::ValueId id = block.condition;
      while (id != kNone && (unit.values[id].kind == facts::ValueKind::Not ||
                             unit.values[id].kind == facts::ValueKind::Compare))
        id = unit.values[id].left;
      if (id != kNone && unit.values[id].kind == facts::ValueKind::Load)
        tested.insert(global(function, unit.values[id].index, true));
    }
    auto takes = [&](facts::ValueId id) {
      if (id != kNone && unit.values[id].kind == facts::ValueKind::AddressOf)
        spoilt.insert(global(function, unit.values[id].index, false));
    };
    for (const facts::Instruction& in : function.body->instructions) {
      takes(in.value);
      for (facts::ValueId arg : in.args) takes(arg);
      const bool write = in.kind == facts::InstructionKind::Write;
      if (!write && in.kind != facts::InstructionKind::ReadWrite) continue;
      if (shared[f] || !write) spoilt.insert(global(function, in.path, false));
    }
  }
  for (Index symbol : tested) {
    if (symbol == kNone || spoilt.count(symbol)) continue;
    const TypeInfo* type = program.typeInfo(program.symbols[symbol].type);
    if (type && type->kind == facts::TypeKind::Scalar) settings_.insert(symbol);
  }
}

}  // namespace gridlock::link
