// Flow: what the effects of models mean for threads, callables and signal handlers.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

bool Flow::modelThread(const ModelCall& call, const Effect& effect, State& state, States& next) {
  const auto& [in, gid, symbol, args, info, used] = call;
  switch (effect.op) {
    case Op::Start: {
      SymId handle = handleOf(gid);
      SymId place = call.arg(effect.a), entry = call.arg(effect.b), argument = call.arg(effect.c);
      if (entry == kNoSym) return true;
      if (effect.has_ok && used) alsoFailing(call, effect, state, next);
      startThread(in, gid, entry, argument == kNoSym ? std::vector<SymId>{} : std::vector<SymId>{argument},
                  false, place, state);
      if (place != kNoSym) keepHandle(gid, place, handle, state);
      if (effect.a < 0) setResult(gid, handle, state);  // what the call returns is the thread
      assumeResult(call, effect, true, state);
      return true;
    }
    case Op::StartCall:
    case Op::StartAsync: {
      bool async = effect.op == Op::StartAsync;
      SymId object = async ? load(syms_.make(SymKind::ResultSlot, gid), state) : call.arg(0);
      std::size_t first = async ? 0 : 1;
      if (async && !args.empty()) {
        Index type = in.args.empty() ? kNone : valueType(in.args[0]);
        const TypeInfo* t = program_.typeInfo(type);
        if (!info.params.empty() && !t) t = program_.typeInfo(info.params[0]);
        if ((t && t->kind == facts::TypeKind::Scalar) || syms_[args[0]].kind == SymKind::Const ||
            (!info.params.empty() && program_.typeInfo(info.params[0]) &&
             program_.typeInfo(info.params[0])->kind == facts::TypeKind::Scalar)) {
          if (auto policy = constantOf(args[0], state); policy && *policy == 2) {
            // Deferred: runs on the thread that asks for the result; here, as
            // if at once.
            std::vector<SymId> rest(
                args.begin() + (args.size() > 2 ? 2 : static_cast<std::ptrdiff_t>(args.size())), args.end());
            if (args.size() > 1) invoke(in, gid, args[1], rest, state, true);
            return true;
          }
          first = 1;
        }
      }
      if (args.size() <= first) {  // std::thread()
        if (!async && object != kNoSym) store(object, syms_.constant(0), state);
        return true;
      }
      Index record = first - (async ? 0u : 1u) < info.params.size()
                         ? recordOf(info.params[first - (async ? 0u : 1u)])
                         : kNone;
      const TypeInfo* t = program_.typeInfo(record);
      if (!async && t && (t->qualified == "std::thread" || t->qualified == "std::jthread")) {
        SymId moved = load(args[1], state);  // moved from another
        store(object, moved, state);
        noteHome(object, moved);
        store(args[1], syms_.constant(0), state);
        return true;
      }
      std::vector<SymId> rest(args.begin() + static_cast<std::ptrdiff_t>(first) + 1, args.end());
      SymId callee = ownCopy(gid, calleeOf(in, first, args[first], state), args[first], state);
      startThread(in, gid, callee, rest, true, object, state);
      for (std::size_t k = first; k < args.size(); ++k) moveOut(typeOfAddress(args[k]), args[k], state);
      SymId handle = handleOf(gid);
      if (t && t->qualified == "std::packaged_task")
        store(syms_.field(args[first], context_.owned_field), handle, state);
      if (async && !used) {
        joinValue(handle, state);  // the temporary future waits
      } else if (object != kNoSym) {
        keepHandle(gid, object, handle, state);
      }
      return true;
    }
    case Op::Join: {
      SymId handle = call.arg(effect.a);
      if (handle == kNoSym) return true;
      SymId place = kNoSym;
      if (effect.a < static_cast<int>(in.args.size())) {
        const facts::Value& v = unit_.values[in.args[static_cast<std::size_t>(effect.a)]];
        if (v.kind == facts::ValueKind::Load) place = addressOf(v.index, state);
      }
      if (emitting_) {
        Event& event = emit(EventKind::Join, gid, state);
        event.value = handle;
        event.addr = call.arg(effect.b);  // where the thread's result goes
      }
      if (effect.b >= 0 && call.arg(effect.b) != kNoSym) forget(call.arg(effect.b), state);
      if (place != kNoSym)
        joinThread(place, gid, state, false);
      else
        joinValue(handle, state);
      afterBlocking(state);
      return true;
    }
    case Op::JoinObject:
    case Op::JoinIfStarted:
      if (call.arg(0) == kNoSym) return true;
      if (emitting_ && effect.op == Op::JoinObject)
        emit(EventKind::Join, gid, state).value = load(args[0], state);
      joinThread(args[0], gid, state, false);
      afterBlocking(state);
      return true;
    case Op::Joinable: {
      if (call.arg(0) == kNoSym) return true;
      // Where it is not, no thread of this handle is left.
      State none = state;
      joinThread(args[0], gid, none, false);
      setResult(gid, syms_.constant(0), none);
      next.push_back(std::move(none));
      setResult(gid, syms_.constant(1), state);
      return true;
    }
    case Op::Detach:
    case Op::DetachObject:
    case Op::Nothing:
      return true;
    case Op::ThreadExit:
      if (emitting_) {
        emit(EventKind::Exit, gid, state).flags |= kEventCertain;
        for (SymId handle : state.rest.alive) addSorted(summary_.left, handle);
      }
      return false;  // does not return
    case Op::NoReturn:
      return false;
    case Op::Invoke: {
      SymId callee = call.arg(effect.a);
      if (callee == kNoSym) return true;
      std::vector<SymId> rest;
      if (info.qualified == "std::invoke") {
        rest.assign(args.begin() + 1, args.end());
        callee = calleeOf(in, 0, callee, state);
      }
      invoke(in, gid, callee, rest, state, false);
      return true;
    }
    case Op::Once: {
      SymId flag = call.arg(effect.a), callee = call.arg(effect.b);
      if (flag == kNoSym || callee == kNoSym) return true;
      std::vector<SymId> rest(
          args.begin() + std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(args.size())), args.end());
      Held held;
      held.lock = flag;
      held.at = held.primitive = gid;
      state.locks.push_back(held);
      invoke(in, gid, calleeOf(in, static_cast<std::size_t>(effect.b), callee, state), rest, state, false);
      std::erase_if(state.locks, [&](const Held& h) { return h.lock == flag; });
      addSorted(state.rest.once, flag);
      return true;
    }
    case Op::CallableSet: {
      if (args.size() < 2) return true;
      Index type = info.params.empty() ? kNone : recordOf(info.params[0]);
      const TypeInfo* t = program_.typeInfo(type);
      bool copy = t && context_.models.isCallable(t->qualified);
      SymId value = copy ? pointerContent(args[1], state) : calleeOf(in, 1, args[1], state);
      writeObject(in, gid, args[0], value, state);
      if (lastName(info.qualified) == "operator=") setResult(gid, args[0], state);
      return true;
    }
    case Op::CallableCall: {
      if (args.empty()) return true;
      readObject(in, gid, args[0], state);
      std::vector<SymId> rest(args.begin() + 1, args.end());
      invoke(in, gid, pointerContent(args[0], state), rest, state, false);
      return true;
    }
    case Op::Bind: {
      if (args.empty()) return true;
      SymId object = load(syms_.make(SymKind::ResultSlot, gid), state);
      store(object, calleeOf(in, 0, args[0], state), state);
      for (std::size_t k = 1; k < args.size() && k < 5; ++k)
        store(syms_.field(object, context_.mutex_field[k - 1]), args[k], state);
      return true;
    }
    case Op::HandlerSet:
      if (call.arg(effect.a) != kNoSym) handlerSet(gid, call.arg(effect.a), call.arg(0), state);
      return true;
    case Op::HandlerIn:
      if (call.arg(effect.a) == kNoSym) return true;
      for (const Binding& binding : state.memory) {
        if (syms_[binding.second].kind == SymKind::Func && syms_.contains(binding.first, call.arg(effect.a)))
          handlerSet(gid, binding.second, call.arg(0), state);
      }
      return true;
    default:
      return true;
  }
}

// A function is called on a signal from now on.
void Flow::handlerSet(Gid gid, SymId handler, SymId signal, const State& state) {
  if (!emitting_) return;
  Event& event = emit(EventKind::Handler, gid, state);
  event.value = handler;
  event.addr = signal;
}

}  // namespace gridlock::link
