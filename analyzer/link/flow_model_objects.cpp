// Flow: what the effects of models mean for memory, smart pointers and values.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

// What a smart pointer, an iterator or a callable object holds: they are
// treated as the pointer.
SymId Flow::pointerContent(SymId object, State& state) { return load(object, state); }

bool Flow::modelObject(const ModelCall& call, const Effect& effect, State& state) {
  const auto& [in, gid, symbol, args, info, used] = call;
  switch (effect.op) {
    case Op::Alloc:
      setResult(gid, syms_.make(SymKind::Alloc, gid), state);
      return true;
    case Op::Realloc: {
      SymId old = call.arg(effect.a);
      if (old != kNoSym && syms_[old].kind != SymKind::Const)
        access(in, gid, state, old, kEventWrite | kEventWhole, kNoSym);
      setResult(gid, syms_.make(SymKind::Alloc, gid), state);
      if (emitting_ && old != kNoSym) {
        Event& event = emit(EventKind::CopyObject, gid, state);
        event.addr = syms_.make(SymKind::Alloc, gid);
        event.value = old;
        event.aux = copiedType(in, effect.a, effect.a);
      }
      return true;
    }
    case Op::Free:
      if (call.arg(effect.a) != kNoSym && syms_[call.arg(effect.a)].kind != SymKind::Const)
        access(in, gid, state, call.arg(effect.a), kEventWrite | kEventWhole, kNoSym);
      return true;
    case Op::MakeObject: {
      SymId memory = syms_.make(SymKind::Alloc, gid);
      SymId object = load(syms_.make(SymKind::ResultSlot, gid), state);
      store(object, memory, state);
      constructAt(in, gid, symbol, memory, args, state);
      if (emitting_) {
        Event& event = emit(EventKind::Access, gid, state);
        event.addr = object;
        event.value = memory;
        event.flags = kEventWrite | kEventFresh | kEventInit;
      }
      return true;
    }
    case Op::PointerSet: {
      if (args.empty()) return true;
      SymId value = syms_.constant(0);
      if (args.size() > 1) {
        Index type = info.params.empty() ? kNone : recordOf(info.params[0]);
        const TypeInfo* p = info.params.empty() ? nullptr : program_.typeInfo(info.params[0]);
        const TypeInfo* t = program_.typeInfo(type);
        bool from_object =
            p && p->kind != facts::TypeKind::Pointer && t && (context_.models.isPointer(t->qualified));
        value = from_object ? pointerContent(args[1], state) : args[1];
        if (from_object && p->kind == facts::TypeKind::Reference)
          access(in, gid, state, args[1], t->qualified == "std::unique_ptr" ? kEventWrite : kEventRead,
                 kNoSym);
        if (from_object) moveOut(type, args[1], state);
      }
      // What stood there before an assignment is mostly nothing.
      if (!(in.flags & facts::kInstrConstructor) &&
          (args.size() < 2 || syms_[load(args[0], state)].kind != SymKind::Load))
        if (syms_[load(args[0], state)].kind != SymKind::Load)
          destroyHeld(in, gid, info.parent, args[0], state);
      writeObject(in, gid, args[0], value, state);
      // Its deleter.
      if (args.size() > 2 && info.params.size() > 1 && recordOf(info.params[1]) != kNone)
        copyWhole(syms_.field(args[0], context_.second_field), args[2], gid, state);
      return true;
    }
    case Op::PointerCopy:
      if (args.size() < 2) return true;
      if (syms_[load(args[0], state)].kind != SymKind::Load)
        destroyHeld(in, gid, info.parent, args[0], state);
      writeObject(in, gid, args[0], pointerContent(args[1], state), state);
      if (isHandle(pointerContent(args[1], state))) {
        noteHome(args[0], pointerContent(args[1], state));
        store(args[1], syms_.constant(0), state);
      }
      moveOut(info.parent, args[1], state);
      setResult(gid, args[0], state);
      return true;
    case Op::PointerGet: {
      if (args.empty()) return true;
      SymId content = pointerContent(args[0], state);
      readObject(in, gid, args[0], state);
      std::string_view name = lastName(info.qualified);
      if (name == "get_future" || name == "lock") {
        SymId object = load(syms_.make(SymKind::ResultSlot, gid), state);
        store(object, name == "lock" ? content : args[0], state);
      } else {
        setResult(gid, content, state);
      }
      if (name == "release") moveOut(info.parent, args[0], state);
      return true;
    }
    case Op::PointerFree:
      if (!args.empty()) destroyHeld(in, gid, info.parent, args[0], state);
      return true;
    case Op::Wrap: {
      SymId object = load(syms_.make(SymKind::ResultSlot, gid), state);
      store(object, call.arg(effect.a), state);
      if (emitting_ && call.arg(effect.a) != kNoSym) {
        Event& event = emit(EventKind::Access, gid, state);
        event.addr = object;
        event.value = call.arg(effect.a);
        event.flags = kEventWrite | kEventFresh;
      }
      return true;
    }
    case Op::Swap:
      if (call.arg(effect.a) != kNoSym && call.arg(effect.b) != kNoSym)
        swapObjects(in, gid, call.arg(effect.a), call.arg(effect.b), state);
      return true;
    case Op::Less:
      if (call.arg(effect.a) != kNoSym && call.arg(effect.b) != kNoSym)
        setResult(gid,
                  syms_.compare(facts::CompareOp::Lt,
                                pointerArgument(in, args, static_cast<std::size_t>(effect.a), state),
                                pointerArgument(in, args, static_cast<std::size_t>(effect.b), state)),
                  state);
      return true;
    case Op::Assign: {
      SymId to = call.arg(effect.a), from = call.arg(effect.b);
      if (to == kNoSym || from == kNoSym) return true;
      const Index type = effect.b < static_cast<int>(in.args.size())
                             ? valueType(in.args[static_cast<std::size_t>(effect.b)])
                             : kNone;
      if (isRecordType(type))
        copyWhole(to, from, gid, state);
      else
        writeObject(in, gid, to, from, state);
      return true;
    }
    case Op::Copy: {
      SymId to = call.arg(effect.a), from = call.arg(effect.b);
      if (to == kNoSym || from == kNoSym) return true;
      access(in, gid, state, range(in, effect.b, from), kEventRead | kEventWhole, kNoSym);
      access(in, gid, state, range(in, effect.a, to), kEventWrite | kEventWhole, kNoSym);
      if (emitting_) {
        Event& event = emit(EventKind::CopyObject, gid, state);
        event.addr = to;
        event.value = from;
        event.aux = copiedType(in, effect.a, effect.b);
      }
      return true;
    }
    case Op::ReadArg:
      if (call.arg(effect.a) != kNoSym)
        access(in, gid, state, range(in, effect.a, call.arg(effect.a)), kEventRead | kEventWhole, kNoSym);
      return true;
    case Op::WriteArg:
      if (call.arg(effect.a) != kNoSym) {
        access(in, gid, state, range(in, effect.a, call.arg(effect.a)), kEventWrite | kEventWhole, kNoSym);
        if (syms_[syms_.rootOf(call.arg(effect.a))].kind == SymKind::Local) forget(call.arg(effect.a), state);
      }
      return true;
    case Op::Element:
    case Op::Iterator:
      if (!args.empty()) setResult(gid, syms_.field(args[0], context_.element_field), state);
      return true;
    case Op::Insert:
      return true;
    case Op::ReturnArg:
      if (call.arg(effect.a) != kNoSym) setResult(gid, call.arg(effect.a), state);
      return true;
    case Op::Store:
      if (args.size() > 1) store(args[0], args[1], state);
      return true;
    case Op::Escape:
      if (call.arg(effect.a) != kNoSym) escape(call.arg(effect.a), state);
      return true;
    case Op::ReadRest:
    case Op::WriteRest:
      accessRest(effect, in, gid, args, state);
      return true;
    case Op::Yields:
      setResult(gid, syms_.constant(effect.a), state);
      return true;
    case Op::Assume:
      if (call.arg(effect.a) != kNoSym && !assume(call.arg(effect.a), true, state)) return false;
      return true;
    case Op::StaticState:
      access(in, gid, state, syms_.make(SymKind::Global, symbol), kEventRead | kEventWrite, kNoSym);
      return true;
    default:
      return true;
  }
}

}  // namespace gridlock::link
