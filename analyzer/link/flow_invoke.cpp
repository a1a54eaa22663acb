// Flow: callables, what is bound to them, and the threads that run them.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

// A callable argument as what is to be called: a function, or the address of an
// object.
SymId Flow::calleeOf(const facts::Instruction& in, std::size_t index, SymId value, State& state) {
  if (syms_[value].kind == SymKind::Func) return value;
  Index type = index < in.args.size() ? valueType(in.args[index]) : kNone;
  const TypeInfo* t = program_.typeInfo(type);
  if (t && t->kind == facts::TypeKind::Record) {
    if (context_.models.isCallable(t->qualified) || context_.models.isPointer(t->qualified))
      return pointerContent(value, state);
    return value;
  }
  // A variable that holds the pointer, bound to a reference.
  auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{value, 0});
  if (it != state.memory.end() && it->first == value) return it->second;
  if (t && t->kind == facts::TypeKind::Pointer &&
      unit_.values[in.args[index]].kind == facts::ValueKind::AddressOf)
    return load(value, state);
  return value;
}

// The argument list of a call that forwards: what is bound to references is
// taken out where the callee wants values.
std::vector<SymId> Flow::forward(Index target, bool method, const std::vector<SymId>& args, State& state) {
  std::vector<SymId> out;
  const facts::Function& body = *program_.functions[target].body;
  const UnitMap& map = *program_.functions[target].map;
  for (std::size_t i = 0; i < args.size(); ++i) {
    SymId value = args[i];
    if (const TypeInfo* wrapper = program_.typeInfo(typeOfAddress(value));
        wrapper && wrapper->qualified == "std::reference_wrapper")
      value = load(value, state);
    std::size_t position = method ? i - 1 : i;
    if (method && i == 0) {
      out.push_back(value);
      continue;
    }
    SymKind kind = syms_[value].kind;
    const TypeInfo* type = position < body.parameter_types.size()
                               ? program_.typeInfo(program_.typeOf(map, body.parameter_types[position]))
                               : nullptr;
    if (kind == SymKind::Const || kind == SymKind::Func || !type) {
      out.push_back(value);
      continue;
    }
    if (type->kind == facts::TypeKind::Pointer || type->kind == facts::TypeKind::Scalar) {
      // The address of what holds it, or the pointer itself.
      auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{value, 0});
      bool holds = it != state.memory.end() && it->first == value;
      out.push_back(holds ? it->second : forwardedByReference_ ? load(value, state) : value);
      continue;
    }
    if (type->kind == facts::TypeKind::Reference) {
      // std::ref returns the referee; a reference_wrapper object holds it.
      out.push_back(value);
      continue;
    }
    out.push_back(value);
  }
  return out;
}

void Flow::startThread(const facts::Instruction& in, Gid gid, SymId entry, std::vector<SymId> args,
                       bool forwarded, SymId place, State& state) {
  escape(entry, state);
  for (SymId a : args) {
    escape(a, state);
    // What a forwarded variable holds goes along.
    if (forwarded) escape(load(a, state), state);
  }
  SymId callee = entry;
  prepareInvoke(in, callee, args, forwarded, state);
  for (SymId a : args) {
    if (a != kNoSym) escape(a, state);
  }
  noteCall(gid, state, callee, args, EventKind::Start, forwarded, place);
  addSorted(state.rest.alive, handleOf(gid));
  // From here on it may write what it writes.
  const Index target =
      syms_[callee].kind == SymKind::Func ? program_.symbols[syms_[callee].a].function : kNone;
  if (target == kNone) return;
  for (std::uint64_t key : context_.summaries[target].writes) forgetField(key, state);
  if (!context_.summaries[target].left.empty()) context_.leaving.insert(gid);
}

// Resolves a callable object to its call operator, and binds the arguments.
Index Flow::prepareInvoke(const facts::Instruction& in, SymId& callee, std::vector<SymId>& args,
                          bool forwarded, State& state) {
  (void)in;
  if (syms_[callee].kind == SymKind::Func) {
    Index symbol = syms_[callee].a;
    Index target = program_.symbols[symbol].function;
    if (target == kNone) return kNone;
    bool method = program_.functions[target].method;
    if (method && !args.empty()) {
      // (&C::f, object) or (&C::f, pointer to it): the object may be held in a
      // variable or a smart pointer.
      auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{args[0], 0});
      if (it != state.memory.end() && it->first == args[0] && syms_[it->second].kind != SymKind::Const)
        args[0] = it->second;
      else if (forwarded && syms_[args[0]].kind == SymKind::Local)
        args[0] = load(args[0], state);
    }
    if (const TypeInfo* wrapper = args.empty() ? nullptr : program_.typeInfo(typeOfAddress(args[0]));
        method && wrapper && wrapper->qualified == "std::reference_wrapper")
      args[0] = load(args[0], state);
    forwardedByReference_ = forwarded;
    if (forwarded) args = forward(target, method, args, state);
    return target;
  }
  // std::bind: what it holds, and the arguments bound to it.
  if (SymId bound = load(callee, state); syms_[bound].kind == SymKind::Func) {
    std::vector<SymId> all;
    for (unsigned k = 0; k < 4; ++k) {
      SymId slot = syms_.field(callee, context_.mutex_field[k]);
      SymId value = load(slot, state);
      if (syms_[value].kind == SymKind::Load && syms_[value].a == slot) break;
      all.push_back(value);
    }
    callee = bound;
    all.insert(all.end(), args.begin(), args.end());
    args = std::move(all);
    return prepareInvoke(in, callee, args, forwarded, state);
  }
  Index type = typeOfAddress(callee);
  Index target = type == kNone ? kNone : program_.callOperator(type);
  if (target == kNone) return kNone;
  SymId object = callee;
  callee = syms_.make(SymKind::Func, program_.functions[target].symbol);
  args.insert(args.begin(), object);
  forwardedByReference_ = forwarded;
  args = forward(target, true, args, state);
  return target;
}

Index Flow::typeOfAddress(SymId address) const {
  const Sym& s = syms_[address];
  switch (s.kind) {
    case SymKind::Local:
      if (s.a < program_.functions.size()) {
        const FunctionInfo& f = program_.functions[s.a];
        if (s.b < f.body->locals.size()) return recordOf(program_.typeOf(*f.map, f.body->locals[s.b].type));
      }
      return kNone;
    case SymKind::Global:
      return recordOf(program_.symbols[s.a].type);
    case SymKind::Field:
      return recordOf(program_.fields[s.b].type);
    case SymKind::Result: {
      const FunctionInfo& f = program_.functions[program_.functionOfGid(s.a)];
      Index type = program_.typeOf(*f.map, program_.instruction(s.a).type);
      return isRecordType(type) ? type : kNone;
    }
    case SymKind::Alloc: {
      auto own = own_copies_.find(address);
      return own == own_copies_.end() ? kNone : own->second;
    }
    case SymKind::Via:
    case SymKind::Stale:
      return typeOfAddress(s.kind == SymKind::Via ? s.b : s.a);
    default:
      return kNone;
  }
}

// Calls what `callee` denotes, now and on this thread.
void Flow::invoke(const facts::Instruction& in, Gid gid, SymId callee, std::vector<SymId> args, State& state,
                  bool assume_true) {
  if (syms_[callee].kind != SymKind::Func) {
    Index type = typeOfAddress(callee);
    const TypeInfo* t = program_.typeInfo(type);
    if (t && context_.models.isCallable(t->qualified)) callee = pointerContent(callee, state);
  }
  Index target = prepareInvoke(in, callee, args, true, state);
  noteCall(gid, state, callee, args, EventKind::Call, true);
  if (target == kNone) {
    unknownCall(in, gid, args, kNone, state);
    return;
  }
  States after;
  applySummary(context_.summaries[target], in, gid, args, state, after);
  if (assume_true) {
    States kept;
    for (State& s : after) {
      SymId result = load(syms_.make(SymKind::ResultSlot, gid), s);
      if (assume(result, true, s)) kept.push_back(std::move(s));
    }
    if (!kept.empty()) after = std::move(kept);
  }
  if (after.empty()) return;
  State merged = std::move(after[0]);
  for (std::size_t i = 1; i < after.size(); ++i) mergeInto(merged, after[i], block_);
  state = std::move(merged);
}

// make_shared<T>(…): which constructor runs is not in the facts of the caller;
// the fields are new.
void Flow::constructAt(const facts::Instruction&, Gid gid, Index symbol, SymId memory,
                       const std::vector<SymId>& args, State& state) {
  if (!emitting_) return;
  Index type = program_.symbols[symbol].arguments.empty() ? kNone : program_.symbols[symbol].arguments[0];
  Index record = recordOf(type);
  if (record == kNone) return;
  if (context_.models.isCallable(program_.types[record].qualified) && !args.empty()) {
    store(memory, args[0], state);
    Event& event = emit(EventKind::Access, gid, state);
    event.addr = memory;
    event.value = args[0];
    event.flags = kEventWrite | kEventFresh | kEventInit;
    return;
  }
  constructRecord(gid, record, memory, args, state);
}

// Constructors with as many parameters: the class's own, else those it inherits.
void Flow::constructRecord(Gid gid, Index record, SymId memory, const std::vector<SymId>& args,
                           State& state) {
  bool found = false;
  for (Index s = 0; s < program_.symbols.size(); ++s) {
    const SymbolInfo& info = program_.symbols[s];
    if (!info.has(facts::kSymbolConstructor) || info.parent != record || info.function == kNone) continue;
    if (info.params.size() != args.size() || info.has(facts::kSymbolCopyConstructor) ||
        info.has(facts::kSymbolMoveConstructor))
      continue;
    std::vector<SymId> all{memory};
    all.insert(all.end(), args.begin(), args.end());
    forwardedByReference_ = true;
    all = forward(info.function, true, all, state);
    noteCall(gid, state, syms_.make(SymKind::Func, s), all, EventKind::Call, true);
    found = true;
  }
  if (found) return;
  for (Index field : program_.types[record].fields) {
    if (!program_.fields[field].is_base) continue;
    const Index base = recordOf(program_.fields[field].type);
    if (base != kNone && !(program_.types[base].flags & facts::kTypeSystem))
      constructRecord(gid, base, syms_.field(memory, field), args, state);
  }
}

void Flow::readObject(const facts::Instruction& in, Gid gid, SymId object, State& state) {
  access(in, gid, state, object, kEventRead, kNoSym);
}

void Flow::writeObject(const facts::Instruction& in, Gid gid, SymId object, SymId value, State& state) {
  std::uint32_t init = in.flags & facts::kInstrConstructor ? kEventInit : 0u;
  access(in, gid, state, object, kEventWrite | init, value);
  store(object, value, state);
  if (!isFresh(syms_.rootOf(object), state)) escape(value, state);
}

}  // namespace gridlock::link
