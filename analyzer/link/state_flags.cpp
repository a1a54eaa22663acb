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
}

}  // namespace gridlock::link
