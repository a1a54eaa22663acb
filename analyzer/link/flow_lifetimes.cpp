// Flow: the lives of objects that objects of the library hold: what a unique_ptr deletes, what a container
// destroys, guards inside an optional, and the copy of a callable that a new thread calls.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

// The classes of what an object of the library destroys with itself: through pointers that own.
std::vector<Index> destroyedWith(const Program& program, const Models& models, Index record) {
  std::vector<Index> out;
  const TypeInfo* type = program.typeInfo(record);
  for (unsigned depth = 0; type && depth < 3; ++depth) {
    if (type->arguments.empty()) break;
    const bool unique = type->qualified == "std::unique_ptr";
    if (!unique && !models.isContainer(type->qualified)) break;
    if (unique && type->arguments.size() > 1) out.push_back(type->arguments[1]);  // the deleter
    for (std::size_t i = 0; i < type->arguments.size() && i < 2; ++i) out.push_back(type->arguments[i]);
    const bool map = type->qualified.find("map") != std::string_view::npos;
    type = program.typeInfo(type->arguments[map && type->arguments.size() > 1 ? 1 : 0]);
  }
  return out;
}

void Flow::moveOut(Index record, SymId object, State& state) {
  const TypeInfo* type = program_.typeInfo(record);
  if (!type || type->qualified != "std::unique_ptr") return;
  // Out of a shared place under a lock: this thread's own from now on.
  const SymId value = load(object, state);
  const bool locked =
      std::any_of(state.locks.begin(), state.locks.end(), [](const Held& h) { return !h.maybe; });
  auto at = std::lower_bound(state.rest.taken.begin(), state.rest.taken.end(), value);
  if (locked && syms_[value].kind == SymKind::Load && (at == state.rest.taken.end() || *at != value))
    state.rest.taken.insert(at, value);
  store(object, syms_.constant(0), state);
}

// A new object is being made at `address`: in a loop, not the one of the round before. Of a temporary (a
// closure, say), the first part that is made makes it new.
void Flow::renewAt(SymId address, State& state) {
  const SymId root = syms_.rootOf(address);
  const Sym& s = syms_[root];
  if (s.kind != SymKind::Local) return;
  const bool temporary =
      s.a == function_ && s.b < body_.locals.size() && body_.locals[s.b].kind == facts::LocalKind::Temporary;
  if (root == address || temporary) renew(root, state);
}

// Runs the destructor of the object at `address`, if the program has one.
void Flow::destroyAt(const facts::Instruction& in, Gid gid, Index record, SymId address, State& state) {
  const Index target = program_.destructorOf(record);
  if (target == kNone) return;
  std::vector<SymId> args{address};
  noteCall(gid, state, syms_.make(SymKind::Func, program_.functions[target].symbol), args, EventKind::Call,
           false);
  States after;
  applySummary(context_.summaries[target], in, gid, args, state, after);
  if (after.empty()) return;
  State merged = std::move(after[0]);
  for (std::size_t i = 1; i < after.size(); ++i) mergeInto(merged, after[i], block_);
  state = std::move(merged);
}

// What goes with the content of a unique_ptr or a container at `object`.
void Flow::destroyHeld(const facts::Instruction& in, Gid gid, Index record, SymId object, State& state) {
  const TypeInfo* type = program_.typeInfo(record);
  if (!type || type->arguments.empty()) return;
  // A closure is destroyed where it was copied from, too; what it holds has moved on.
  const SymbolInfo* self = info_.symbol == kNone ? nullptr : &program_.symbols[info_.symbol];
  if (self && self->has(facts::kSymbolDestructor) && self->parent != kNone &&
      (program_.types[self->parent].flags & facts::kTypeLambda))
    return;
  if (type->qualified == "std::unique_ptr") {
    const SymId content = load(object, state);
    const SymKind kind = syms_[content].kind;
    if (kind == SymKind::Const || kind == SymKind::Unknown || kind == SymKind::Result) return;
    const Index deleter = type->arguments.size() > 1 ? program_.callOperator(type->arguments[1]) : kNone;
    if (deleter != kNone) {
      std::vector<SymId> args{syms_.field(object, context_.second_field), content};
      noteCall(gid, state, syms_.make(SymKind::Func, program_.functions[deleter].symbol), args,
               EventKind::Call, false);
      States after;
      applySummary(context_.summaries[deleter], in, gid, args, state, after);
      if (!after.empty()) {
        State merged = std::move(after[0]);
        for (std::size_t i = 1; i < after.size(); ++i) mergeInto(merged, after[i], block_);
        state = std::move(merged);
      }
    } else {
      destroyAt(in, gid, type->arguments[0], content, state);
      if (kind != SymKind::Phi) access(in, gid, state, content, kEventWrite | kEventWhole, kNoSym);
    }
    store(object, syms_.constant(0), state);
    return;
  }
  if (!context_.models.isContainer(type->qualified)) return;
  const bool map = type->qualified.ends_with("map") && type->arguments.size() > 1;
  const Index held = type->arguments[map ? 1 : 0];
  SymId element = syms_.field(object, context_.element_field);
  if (map) element = syms_.field(element, context_.second_field);
  const TypeInfo* inner = program_.typeInfo(held);
  if (inner && inner->qualified == "std::unique_ptr" && !inner->arguments.empty()) {
    const SymId content = load(element, state);  // 0: moved out
    if (syms_[content].kind != SymKind::Const) destroyAt(in, gid, inner->arguments[0], content, state);
  } else {
    destroyAt(in, gid, held, element, state);
  }
}

// std::optional<std::unique_lock<std::mutex>> and the like: whether the call is done with.
bool Flow::holdsGuard(const facts::Instruction& in, Gid gid, Index symbol, const std::vector<SymId>& args,
                      State& state, States& out) {
  const SymbolInfo& info = program_.symbols[symbol];
  const TypeInfo* record = program_.typeInfo(info.parent);
  if (!record || record->qualified != "std::optional" || record->arguments.empty() || args.empty())
    return false;
  const TypeInfo* guard = program_.typeInfo(record->arguments[0]);
  if (!guard || guard->kind != facts::TypeKind::Record) return false;
  const std::string constructor =
      std::string(guard->qualified) + "::" + std::string(lastName(guard->qualified));
  const Model* model = context_.models.find(constructor);
  if (!model || model->empty() || model->front().op != Op::GuardOpen) return false;
  const SymId inside = syms_.field(args[0], context_.element_field);
  const std::string_view name = lastName(info.qualified);
  const TypeInfo* given = args.size() > 1 ? program_.typeInfo(typeOfAddress(args[1])) : nullptr;
  const bool from_guard = given && given->qualified == guard->qualified;
  const bool from_optional = given && given->qualified == record->qualified;
  if (name == "reset" || info.has(facts::kSymbolDestructor)) {
    closeGuard(inside, gid, state, out);
    return true;
  }
  if (info.has(facts::kSymbolConstructor) && (args.size() < 2 || from_optional)) return false;
  if (name == "emplace" || info.has(facts::kSymbolConstructor)) {
    std::vector<SymId> rest = args;
    rest[0] = inside;
    openGuard(model->front(), in, gid, symbol, rest, state, out);
    return true;
  }
  if (name != "operator=" || args.size() < 2) return false;
  closeGuard(inside, gid, state, out);
  if (from_guard || from_optional) {
    const SymId source = from_guard ? args[1] : syms_.field(args[1], context_.element_field);
    for (State& closed : out) {
      for (unsigned k = 0; k < 5; ++k)
        store(guardField(inside, k), load(guardField(source, k), closed), closed);
      store(guardField(source, 4), syms_.constant(0), closed);
    }
  }
  return true;
}

// A thread calls its own copy of a callable object.
SymId Flow::ownCopy(Gid gid, SymId callee, SymId argument, State& state) {
  if (callee != argument || syms_[callee].kind == SymKind::Func) return callee;
  const Index type = typeOfAddress(callee);
  const Index target = type == kNone ? kNone : program_.callOperator(type);
  if (target == kNone || program_.functions[target].symbol == kNone) return callee;
  // What a closure has captured stays as it is, unless it is mutable.
  const bool closure = program_.types[type].flags & facts::kTypeLambda;
  if (closure && program_.symbols[program_.functions[target].symbol].has(facts::kSymbolConst)) return callee;
  const SymId copy = syms_.make(SymKind::Alloc, gid);
  own_copies_[copy] = type;
  escape(callee, state);
  copyWhole(copy, callee, gid, state);
  return copy;
}

}  // namespace gridlock::link
