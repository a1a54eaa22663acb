// Whether two accesses that seem to meet in one object rather mean two objects of different kinds.
#include "analyzer/link/checks/object_kinds.h"

#include <algorithm>

namespace gridlock::link {

namespace {

using facts::StepKind;
using facts::TypeKind;

// The type of the number or pointer that an access reads or writes; nullptr: another, or not known.
const TypeInfo* scalarOf(const World& world, const Access& access) {
  if (access.flags & kEventWhole) return nullptr;
  const facts::Instruction& in = world.program.instruction(access.gid);
  const bool plain = in.kind == facts::InstructionKind::Read || in.kind == facts::InstructionKind::Write ||
                     in.kind == facts::InstructionKind::ReadWrite;
  if (!plain || in.path == kNone) return nullptr;
  const FunctionInfo& function = world.program.functions[world.program.functionOfGid(access.gid)];
  const facts::Path& path = function.map->unit->paths[in.path];
  const TypeInfo* type = world.program.typeInfo(world.program.typeOf(*function.map, path.type));
  if (!type || (type->kind != TypeKind::Scalar && type->kind != TypeKind::Pointer)) return nullptr;
  return type;
}

bool isByte(const TypeInfo& type) {
  if (type.kind != TypeKind::Scalar) return false;
  const std::string_view name = type.name;
  return name.find("char") != std::string_view::npos || name.find("byte") != std::string_view::npos ||
         name.ends_with("int8_t");
}

// The fields on the way to a place, from the object on.
std::vector<Index> fieldsOf(const World& world, PlaceId place) {
  std::vector<Index> out;
  for (PlaceId p = place; world.parts[p].parent != kNone; p = world.parts[p].parent) {
    if (world.parts[p].step == StepKind::Field) out.push_back(world.parts[p].field);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

// Whether a library function was given pointers to bytes alone, to read or fill: `strlen(s)`, `memmove(s, p,
// n)`. What frees them frees all there is.
bool touchesText(const World& world, const Access& access) {
  const facts::Instruction& in = world.program.instruction(access.gid);
  if (!(access.flags & kEventWhole) || in.kind != facts::InstructionKind::Call || in.callee == kNone)
    return false;
  const FunctionInfo& function = world.program.functions[world.program.functionOfGid(access.gid)];
  const facts::Unit& unit = *function.map->unit;
  const facts::Value& callee = unit.values[in.callee];
  if (callee.kind != facts::ValueKind::Function) return false;
  const Model* model =
      world.link.models.find(world.program.symbols[function.map->symbols[callee.index]].qualified);
  if (!model || std::any_of(model->begin(), model->end(), [](const Effect& effect) {
        return effect.op == Op::Free || effect.op == Op::Realloc || effect.op == Op::PointerFree;
      }))
    return false;
  bool any = false;
  for (facts::ValueId id : in.args) {
    if (id == kNone || unit.values[id].kind != facts::ValueKind::Load) continue;
    const TypeInfo* type =
        world.program.typeInfo(world.program.typeOf(*function.map, unit.paths[unit.values[id].index].type));
    if (!type || type->kind != TypeKind::Pointer) continue;
    const TypeInfo* pointee = world.program.typeInfo(type->element);
    if (!pointee || !isByte(*pointee)) return false;
    any = true;
  }
  return any;
}

Kinds scalarAgainstField(const World& world, const Access& scalar, const Access& field) {
  const TypeInfo* type = scalarOf(world, scalar);
  const bool text = !type && touchesText(world, scalar);
  if (!type && !text) return Kinds::Alike;
  // Where a declaration says what there is, the access is what it seems.
  PlaceId at = scalar.place;
  while (world.parts[at].parent != kNone && world.parts[at].step == StepKind::Element)
    at = world.parts[at].parent;
  if (world.typeOf(at) != kNone) return Kinds::Alike;
  const std::vector<Index> outer = fieldsOf(world, scalar.place), inner = fieldsOf(world, field.place);
  if (outer.size() >= inner.size() || !std::equal(outer.begin(), outer.end(), inner.begin()))
    return Kinds::Alike;
  if (world.program.isPseudo(inner[outer.size()])) return Kinds::Alike;
  return text || isByte(*type) ? Kinds::Bytes : Kinds::Different;
}

}  // namespace

Kinds kindsOf(const World& world, const Access& a, const Access& b) {
  return std::max(scalarAgainstField(world, a, b), scalarAgainstField(world, b, a));
}

}  // namespace gridlock::link
