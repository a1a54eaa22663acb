// Flow: functions of the C++ library that have no model of their own.
//
// A function of the library reads the containers that it is handed by reference, and calls the callables that
// it is handed, here and now, with elements of the range beside them. What it writes, models say.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

namespace {

bool isView(std::string_view record) { return record == "std::basic_string_view" || record == "std::span"; }

}  // namespace

// The elements of a container; of what a view looks at.
SymId Flow::elementsOf(SymId container, std::string_view record, State& state) {
  return syms_.field(isView(record) ? load(container, state) : container, context_.element_field);
}

void Flow::copyWhole(SymId to, SymId from, Gid gid, State& state) {
  if (emitting_) {
    Event& event = emit(EventKind::CopyObject, gid, state);
    event.addr = to;
    event.value = from;
  }
  forget(to, state);
  copyObject(to, from, state);
  store(to, load(from, state), state);
  if (!isFresh(syms_.rootOf(to), state)) escape(load(from, state), state);
}

// A pointer that is passed by value, or by reference to what holds it.
SymId Flow::pointerArgument(const facts::Instruction& in, const std::vector<SymId>& args, std::size_t index,
                            State& state) {
  const TypeInfo* type = program_.typeInfo(valueType(in.args[index]));
  const bool held = type && type->kind == facts::TypeKind::Pointer &&
                    unit_.values[in.args[index]].kind == facts::ValueKind::AddressOf;
  return held ? load(args[index], state) : args[index];
}

void Flow::swapObjects(const facts::Instruction& in, Gid gid, SymId a, SymId b, State& state) {
  const std::uint32_t flags = kEventRead | kEventWrite;
  auto container = [&](SymId object) {
    const TypeInfo* type = program_.typeInfo(typeOfAddress(object));
    return type && context_.models.isContainer(type->qualified) ? kEventContainer : 0u;
  };
  access(in, gid, state, a, flags | container(a), kNoSym);
  access(in, gid, state, b, flags | container(b), kNoSym);
  const SymId of_a = load(a, state), of_b = load(b, state);
  if (emitting_) {
    for (auto [to, from] : {std::pair{a, b}, std::pair{b, a}}) {
      Event& event = emit(EventKind::CopyObject, gid, state);
      event.addr = to;
      event.value = from;
    }
  }
  forget(a, state);
  forget(b, state);
  store(a, of_b, state);
  store(b, of_a, state);
  if (!isFresh(syms_.rootOf(a), state)) escape(of_b, state);
  if (!isFresh(syms_.rootOf(b), state)) escape(of_a, state);
}

// A callable that the library calls with elements: sort, remove_if, visit, …
void Flow::callWithElement(const facts::Instruction& in, Gid gid, SymId callee, SymId element, State& state) {
  Index target = kNone;
  if (syms_[callee].kind == SymKind::Func) {
    target = program_.symbols[syms_[callee].a].function;
  } else {
    const Index type = typeOfAddress(callee);
    target = type == kNone ? kNone : program_.callOperator(type);
  }
  if (target == kNone || invoking_) return;
  std::vector<SymId> args(program_.functions[target].body->parameter_types.size(), element);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const FunctionInfo& info = program_.functions[target];
    const TypeInfo* type = program_.typeInfo(program_.typeOf(*info.map, info.body->parameter_types[i]));
    if (element != kNoSym && type && type->kind == facts::TypeKind::Pointer) args[i] = load(element, state);
    if (element == kNoSym || (type && type->kind == facts::TypeKind::Scalar))
      args[i] = syms_.make(SymKind::Unknown, gid, 13, static_cast<std::int64_t>(i));
  }
  invoking_ = true;
  invoke(in, gid, callee, std::move(args), state, false);
  invoking_ = false;
}

void Flow::libraryCall(const facts::Instruction& in, Gid gid, Index symbol, const std::vector<SymId>& args,
                       State& state) {
  const SymbolInfo& info = program_.symbols[symbol];
  SymId element = kNoSym;
  for (std::size_t i = 0; i < args.size() && i < info.params.size(); ++i) {
    const TypeInfo* record = program_.typeInfo(recordOf(info.params[i]));
    if (!record) continue;
    if (context_.models.isIterator(record->qualified)) {
      if (element == kNoSym) element = load(args[i], state);
    } else if (context_.models.isContainer(record->qualified)) {
      const TypeInfo* type = program_.typeInfo(info.params[i]);
      if (type->kind == facts::TypeKind::Reference) {
        const SymId object = isView(record->qualified) ? load(args[i], state) : args[i];
        access(in, gid, state, object, kEventRead | kEventContainer, kNoSym);
      }
      if (element == kNoSym) element = elementsOf(args[i], record->qualified, state);
    }
  }
  for (SymId arg : args) callWithElement(in, gid, arg, element, state);
  const Index type = program_.typeOf(*info_.map, in.type);
  const TypeInfo* returned = program_.typeInfo(type);
  if (element != kNoSym && returned && isRecordType(type) && context_.models.isIterator(returned->qualified))
    store(load(syms_.make(SymKind::ResultSlot, gid), state), element, state);
  const bool before = invoking_;
  invoking_ = true;  // its callables have been called
  unknownCall(in, gid, args, symbol, state);
  invoking_ = before;
}

}  // namespace gridlock::link
