// Flow: the memory that library functions are given: how much of it they touch, and as what.
#include "analyzer/link/flow.h"

namespace gridlock::link {

// What a library function reads or writes from `address` on: of a text or a buffer of numbers, any element.
SymId Flow::range(const facts::Instruction& in, int position, SymId address) {
  const Sym s = syms_[address];
  if (s.kind != SymKind::Element || s.b == kNoSym || syms_[s.b].kind != SymKind::Const) return address;
  const TypeInfo* type = program_.typeInfo(valueType(in.args[static_cast<std::size_t>(position)]));
  while (type && (type->kind == facts::TypeKind::Array || type->kind == facts::TypeKind::Pointer))
    type = program_.typeInfo(type->element);
  return type && type->kind == facts::TypeKind::Scalar ? syms_.element(s.a, kNoSym) : address;
}

// What the variable arguments of printf and scanf point to.
void Flow::accessRest(const Effect& effect, const facts::Instruction& in, Gid gid,
                      const std::vector<SymId>& args, State& state) {
  for (std::size_t i = static_cast<std::size_t>(effect.a); i < args.size(); ++i) {
    if (syms_[args[i]].kind == SymKind::Const || syms_[args[i]].kind == SymKind::Func) continue;
    if (effect.op == Op::WriteRest) {
      access(in, gid, state, range(in, static_cast<int>(i), args[i]), kEventWrite | kEventWhole, kNoSym);
      if (syms_[syms_.rootOf(args[i])].kind == SymKind::Local) forget(args[i], state);
      continue;
    }
    const TypeInfo* type = i < in.args.size() ? program_.typeInfo(valueType(in.args[i])) : nullptr;
    bool address = type && unit_.values[in.args[i]].kind == facts::ValueKind::AddressOf;
    if (type &&
        (type->kind == facts::TypeKind::Array || (!address && type->kind == facts::TypeKind::Pointer)))
      type = program_.typeInfo(type->element);
    else if (!address)
      continue;
    if (type && type->kind == facts::TypeKind::Scalar && type->name.find("char") != std::string_view::npos)
      access(in, gid, state, range(in, static_cast<int>(i), args[i]), kEventRead | kEventWhole, kNoSym);
  }
}

}  // namespace gridlock::link
