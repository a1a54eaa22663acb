// Flow: what the effects of models mean.
#include <algorithm>
#include <utility>

#include "analyzer/link/flow.h"

namespace gridlock::link {

namespace {

std::string_view lastName(std::string_view qualified) {
  std::size_t at = qualified.rfind("::");
  return at == std::string_view::npos ? qualified : qualified.substr(at + 2);
}

}  // namespace

// What a smart pointer, an iterator or a callable object holds: they are
// treated as the pointer.
SymId Flow::pointerContent(SymId object, State& state) { return load(object, state); }

bool Flow::model(const Model& effects, const facts::Instruction& in, Gid gid, Index symbol,
                 const std::vector<SymId>& args, State start, States& out) {
  const SymbolInfo& info = program_.symbols[symbol];
  States states{std::move(start)};
  auto arg = [&](int i) -> SymId {
    if (i < 0 || static_cast<std::size_t>(i) >= args.size()) return kNoSym;
    return args[static_cast<std::size_t>(i)];
  };
  // The content of an argument that is passed by reference, as templates of the
  // library do.
  auto byReference = [&](std::size_t i) {
    std::size_t offset = info.has(facts::kSymbolMethod) && !info.has(facts::kSymbolStaticMethod) ? 1 : 0;
    if (i < offset || i - offset >= info.params.size()) return false;
    const TypeInfo* type = program_.typeInfo(info.params[i - offset]);
    return type && type->kind == facts::TypeKind::Reference;
  };
  auto result = [&](State& state, bool success, const Effect& effect) {
    if (!effect.has_ok) return;
    SymId slot = load(syms_.make(SymKind::ResultSlot, gid), state);
    bool equal = effect.ok_true ? !success : success;
    assumeEqual(slot, equal, effect.ok_true ? 0 : effect.ok, state);
    if (effect.ok_true && success) setResult(gid, syms_.constant(1), state);
    if (effect.ok_true && !success) setResult(gid, syms_.constant(0), state);
    if (!effect.ok_true && success) setResult(gid, syms_.constant(effect.ok), state);
  };
  bool used = used_results_.count(gid - info_.first_gid) > 0;
  for (const Effect& effect : effects) {
    Mode mode = effect.shared ? Mode::Shared : Mode::Exclusive;
    States next;
    for (State& current : states) {
      State state = std::move(current);
      switch (effect.op) {
        case Op::Holds:
          if (effect.has_ok && used) {
            State failed = state;
            result(failed, false, effect);
            next.push_back(std::move(failed));
          }
          result(state, true, effect);
          if (SymId lock = arg(effect.a);
              lock != kNoSym && heldBy(lock, state, false) == state.locks.rend()) {
            const bool was_emitting = std::exchange(emitting_, false);
            acquire(lock, mode, false, false, lockKindOf(lock), gid, gid, state);
            emitting_ = was_emitting;
          }
          break;
        case Op::Lock:
        case Op::Try: {
          SymId lock = arg(effect.a);
          if (lock == kNoSym) break;
          LockKind kind = effect.has_kind ? effect.kind : lockKindOf(lock);
          bool tried = effect.op == Op::Try;
          if (tried || (effect.has_ok && used)) {
            State failed = state;
            result(failed, false, effect);
            next.push_back(std::move(failed));
          }
          acquire(lock, mode, tried && !effect.timed, effect.timed, kind, gid, gid, state);
          result(state, true, effect);
          break;
        }
        case Op::Unlock:
          if (arg(effect.a) != kNoSym) release(arg(effect.a), mode, gid, state);
          break;
        case Op::LockInit:
        case Op::LockDestroy:
          if (emitting_ && arg(effect.a) != kNoSym) {
            SymId type = kNoSym;
            if (effect.op == Op::LockInit && args.size() > 1) {
              SymId attribute = args[1];
              SymId content = load(syms_.field(attribute, context_.owned_field), state);
              if (syms_[content].kind == SymKind::Const) type = content;
              if (info.qualified == "mtx_init") type = args[1];
            }
            Event& event =
                emit(effect.op == Op::LockInit ? EventKind::InitLock : EventKind::DestroyLock, gid, state);
            event.addr = arg(effect.a);
            event.value = type;
            event.lock_kind = effect.has_kind ? effect.kind : lockKindOf(event.addr);
            if (effect.op == Op::LockInit &&
                std::binary_search(state.rest.initialised.begin(), state.rest.initialised.end(), event.addr))
              event.flags |= kEventInvalid;
          }
          if (SymId lock = arg(effect.a); lock != kNoSym && !info.has(facts::kSymbolMethod)) {
            bool fixed = !syms_.hasStale(lock) && syms_[lock].kind != SymKind::Element;
            std::erase(state.rest.destroyed, lock);
            std::erase(state.rest.initialised, lock);
            if (fixed)
              addSorted(effect.op == Op::LockInit ? state.rest.initialised : state.rest.destroyed, lock);
          }
          break;
        case Op::MutexAttribute:
          if (args.size() > 1) store(syms_.field(args[0], context_.owned_field), args[1], state);
          break;
        case Op::LockMany:
        case Op::TryMany: {
          if (effect.op == Op::TryMany) {
            State failed = state;
            next.push_back(std::move(failed));
          }
          State before = state;
          bool was_emitting = emitting_;
          for (std::size_t i = 0; i < args.size(); ++i) {
            // A guard, or a lock.
            Index type = i < info.params.size() ? recordOf(info.params[i]) : kNone;
            const TypeInfo* record = program_.typeInfo(type);
            SymId lock = args[i];
            if (record &&
                (record->qualified == "std::unique_lock" || record->qualified == "std::shared_lock")) {
              std::vector<SymId> locks = guardLocks(args[i], state);
              if (locks.empty()) continue;
              lock = locks[0];
              store(guardField(args[i], 4), syms_.constant(1), state);
            }
            State each = before;
            acquire(lock, Mode::Exclusive, effect.op == Op::TryMany, false, lockKindOf(lock), gid, gid, each);
            emitting_ = false;
            acquire(lock, Mode::Exclusive, false, false, lockKindOf(lock), gid, gid, state);
            emitting_ = was_emitting;
          }
          break;
        }
        case Op::GuardOpen:
          openGuard(effect, in, gid, symbol, args, std::move(state), next);
          continue;
        case Op::GuardClose:
          if (arg(0) != kNoSym) {
            closeGuard(args[0], gid, std::move(state), next);
            continue;
          }
          break;
        case Op::GuardLock:
        case Op::GuardTry: {
          if (arg(0) == kNoSym) break;
          std::vector<SymId> locks = guardLocks(args[0], state);
          bool tried = effect.op == Op::GuardTry;
          if (tried) {
            State failed = state;
            result(failed, false, effect);
            next.push_back(std::move(failed));
          }
          for (SymId lock : locks)
            acquire(lock, mode, tried && !effect.timed, effect.timed, lockKindOf(lock), gid, gid, state);
          store(guardField(args[0], 4), syms_.constant(1), state);
          result(state, true, effect);
          break;
        }
        case Op::GuardUnlock: {
          if (arg(0) == kNoSym) break;
          for (SymId lock : guardLocks(args[0], state)) release(lock, mode, gid, state);
          store(guardField(args[0], 4), syms_.constant(0), state);
          break;
        }
        case Op::GuardRelease:
          if (arg(0) == kNoSym) break;
          setResult(gid, load(guardField(args[0], 0), state), state);
          store(guardField(args[0], 4), syms_.constant(0), state);
          break;
        case Op::GuardOwns:
          if (arg(0) != kNoSym) setResult(gid, load(guardField(args[0], 4), state), state);
          break;
        case Op::GuardMutex:
          if (arg(0) != kNoSym) setResult(gid, load(guardField(args[0], 0), state), state);
          break;
        case Op::GuardMove: {
          if (args.size() < 2) break;
          States closed;
          closeGuard(args[0], gid, std::move(state), closed);
          for (State& s : closed) {
            for (unsigned k = 0; k < 5; ++k)
              store(guardField(args[0], k), load(guardField(args[1], k), s), s);
            store(guardField(args[1], 4), syms_.constant(0), s);
            next.push_back(std::move(s));
          }
          continue;
        }
        case Op::GuardSwap:
          if (args.size() < 2) break;
          for (unsigned k = 0; k < 5; ++k) {
            SymId a = load(guardField(args[0], k), state), b = load(guardField(args[1], k), state);
            store(guardField(args[0], k), b, state);
            store(guardField(args[1], k), a, state);
          }
          break;
        case Op::Wait: {
          SymId lock = arg(effect.b);
          if (lock == kNoSym) break;
          waitOn(arg(effect.a), lock, gid, effect.timed ? kEventTimed : 0u, state);
          break;
        }
        case Op::WaitGuard: {
          SymId guard = arg(effect.b);
          if (guard == kNoSym) break;
          std::vector<SymId> locks = guardLocks(guard, state);
          SymId predicate = kNoSym;
          if (effect.c >= 0 && static_cast<std::size_t>(effect.c) < args.size())
            predicate = args[static_cast<std::size_t>(effect.c)];
          std::uint32_t flags = effect.timed ? kEventTimed : 0u;
          if (predicate != kNoSym) flags |= kEventPredicate;
          SymId lock = locks.empty() ? guard : locks[0];
          waitOn(arg(effect.a), lock, gid, flags, state);
          if (predicate != kNoSym) {
            invoke(in, gid, predicate, {}, state, !effect.timed);
          }
          break;
        }
        case Op::Notify:
          if (emitting_) emit(EventKind::Notify, gid, state).addr = arg(effect.a);
          break;
        case Op::Start: {
          SymId handle = handleOf(gid);
          SymId place = arg(effect.a), entry = arg(effect.b), argument = arg(effect.c);
          if (entry == kNoSym) break;
          if (effect.has_ok && used) {
            State failed = state;
            result(failed, false, effect);
            next.push_back(std::move(failed));
          }
          startThread(in, gid, entry,
                      argument == kNoSym ? std::vector<SymId>{} : std::vector<SymId>{argument}, false, place,
                      state);
          if (place != kNoSym) keepHandle(gid, place, handle, state);
          if (effect.a < 0) setResult(gid, handle, state);  // what the call returns is the thread
          result(state, true, effect);
          break;
        }
        case Op::StartCall:
        case Op::StartAsync: {
          bool async = effect.op == Op::StartAsync;
          SymId object = async ? load(syms_.make(SymKind::ResultSlot, gid), state) : arg(0);
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
                    args.begin() + (args.size() > 2 ? 2 : static_cast<std::ptrdiff_t>(args.size())),
                    args.end());
                if (args.size() > 1) invoke(in, gid, args[1], rest, state, true);
                break;
              }
              first = 1;
            }
          }
          if (args.size() <= first) {  // std::thread()
            if (!async && object != kNoSym) store(object, syms_.constant(0), state);
            break;
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
            break;
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
          break;
        }
        case Op::Join: {
          SymId handle = arg(effect.a);
          if (handle == kNoSym) break;
          SymId place = kNoSym;
          if (effect.a < static_cast<int>(in.args.size())) {
            const facts::Value& v = unit_.values[in.args[static_cast<std::size_t>(effect.a)]];
            if (v.kind == facts::ValueKind::Load) place = addressOf(v.index, state);
          }
          if (emitting_) {
            Event& event = emit(EventKind::Join, gid, state);
            event.value = handle;
            event.addr = arg(effect.b);  // where the thread's result goes
          }
          if (effect.b >= 0 && arg(effect.b) != kNoSym) forget(arg(effect.b), state);
          if (place != kNoSym)
            joinThread(place, gid, state, false);
          else
            joinValue(handle, state);
          afterBlocking(state);
          break;
        }
        case Op::JoinObject:
        case Op::JoinIfStarted:
          if (arg(0) == kNoSym) break;
          if (emitting_ && effect.op == Op::JoinObject)
            emit(EventKind::Join, gid, state).value = load(args[0], state);
          joinThread(args[0], gid, state, false);
          afterBlocking(state);
          break;
        case Op::Joinable: {
          if (arg(0) == kNoSym) break;
          // Where it is not, no thread of this handle is left.
          State none = state;
          joinThread(args[0], gid, none, false);
          setResult(gid, syms_.constant(0), none);
          next.push_back(std::move(none));
          setResult(gid, syms_.constant(1), state);
          break;
        }
        case Op::Detach:
        case Op::DetachObject:
        case Op::Nothing:
          break;
        case Op::ThreadExit:
          if (emitting_) {
            emit(EventKind::Exit, gid, state).flags |= kEventCertain;
            for (SymId handle : state.rest.alive) addSorted(summary_.left, handle);
          }
          continue;  // does not return
        case Op::NoReturn:
          continue;
        case Op::Invoke: {
          SymId callee = arg(effect.a);
          if (callee == kNoSym) break;
          std::vector<SymId> rest;
          if (info.qualified == "std::invoke") {
            rest.assign(args.begin() + 1, args.end());
            callee = calleeOf(in, 0, callee, state);
          }
          invoke(in, gid, callee, rest, state, false);
          break;
        }
        case Op::Once: {
          SymId flag = arg(effect.a), callee = arg(effect.b);
          if (flag == kNoSym || callee == kNoSym) break;
          std::vector<SymId> rest(
              args.begin() + std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(args.size())),
              args.end());
          Held held;
          held.lock = flag;
          held.at = held.primitive = gid;
          state.locks.push_back(held);
          invoke(in, gid, calleeOf(in, static_cast<std::size_t>(effect.b), callee, state), rest, state,
                 false);
          std::erase_if(state.locks, [&](const Held& h) { return h.lock == flag; });
          addSorted(state.rest.once, flag);
          break;
        }
        case Op::CallableSet: {
          if (args.size() < 2) break;
          Index type = info.params.empty() ? kNone : recordOf(info.params[0]);
          const TypeInfo* t = program_.typeInfo(type);
          bool copy = t && context_.models.isCallable(t->qualified);
          SymId value = copy ? pointerContent(args[1], state) : calleeOf(in, 1, args[1], state);
          writeObject(in, gid, args[0], value, state);
          if (lastName(info.qualified) == "operator=") setResult(gid, args[0], state);
          break;
        }
        case Op::CallableCall: {
          if (args.empty()) break;
          readObject(in, gid, args[0], state);
          std::vector<SymId> rest(args.begin() + 1, args.end());
          invoke(in, gid, pointerContent(args[0], state), rest, state, false);
          break;
        }
        case Op::Alloc:
          setResult(gid, syms_.make(SymKind::Alloc, gid), state);
          break;
        case Op::Realloc: {
          SymId old = arg(effect.a);
          if (old != kNoSym && syms_[old].kind != SymKind::Const)
            access(in, gid, state, old, kEventWrite | kEventWhole, kNoSym);
          setResult(gid, syms_.make(SymKind::Alloc, gid), state);
          if (emitting_ && old != kNoSym) {
            Event& event = emit(EventKind::CopyObject, gid, state);
            event.addr = syms_.make(SymKind::Alloc, gid);
            event.value = old;
            event.aux = copiedType(in, effect.a, effect.a);
          }
          break;
        }
        case Op::Free:
          if (arg(effect.a) != kNoSym && syms_[arg(effect.a)].kind != SymKind::Const)
            access(in, gid, state, arg(effect.a), kEventWrite | kEventWhole, kNoSym);
          break;
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
          break;
        }
        case Op::PointerSet: {
          if (args.empty()) break;
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
          break;
        }
        case Op::PointerCopy:
          if (args.size() < 2) break;
          if (syms_[load(args[0], state)].kind != SymKind::Load)
            destroyHeld(in, gid, info.parent, args[0], state);
          writeObject(in, gid, args[0], pointerContent(args[1], state), state);
          if (isHandle(pointerContent(args[1], state))) {
            noteHome(args[0], pointerContent(args[1], state));
            store(args[1], syms_.constant(0), state);
          }
          moveOut(info.parent, args[1], state);
          setResult(gid, args[0], state);
          break;
        case Op::PointerGet: {
          if (args.empty()) break;
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
          break;
        }
        case Op::PointerFree:
          if (!args.empty()) destroyHeld(in, gid, info.parent, args[0], state);
          break;
        case Op::Swap:
          if (arg(effect.a) != kNoSym && arg(effect.b) != kNoSym)
            swapObjects(in, gid, arg(effect.a), arg(effect.b), state);
          break;
        case Op::Less:
          if (arg(effect.a) != kNoSym && arg(effect.b) != kNoSym)
            setResult(gid,
                      syms_.compare(facts::CompareOp::Lt,
                                    pointerArgument(in, args, static_cast<std::size_t>(effect.a), state),
                                    pointerArgument(in, args, static_cast<std::size_t>(effect.b), state)),
                      state);
          break;
        case Op::Assign: {
          SymId to = arg(effect.a), from = arg(effect.b);
          if (to == kNoSym || from == kNoSym) break;
          const Index type = effect.b < static_cast<int>(in.args.size())
                                 ? valueType(in.args[static_cast<std::size_t>(effect.b)])
                                 : kNone;
          if (isRecordType(type))
            copyWhole(to, from, gid, state);
          else
            writeObject(in, gid, to, from, state);
          break;
        }
        case Op::Copy: {
          SymId to = arg(effect.a), from = arg(effect.b);
          if (to == kNoSym || from == kNoSym) break;
          access(in, gid, state, range(in, effect.b, from), kEventRead | kEventWhole, kNoSym);
          access(in, gid, state, range(in, effect.a, to), kEventWrite | kEventWhole, kNoSym);
          if (emitting_) {
            Event& event = emit(EventKind::CopyObject, gid, state);
            event.addr = to;
            event.value = from;
            event.aux = copiedType(in, effect.a, effect.b);
          }
          break;
        }
        case Op::ReadArg:
          if (arg(effect.a) != kNoSym)
            access(in, gid, state, range(in, effect.a, arg(effect.a)), kEventRead | kEventWhole, kNoSym);
          break;
        case Op::WriteArg:
          if (arg(effect.a) != kNoSym) {
            access(in, gid, state, range(in, effect.a, arg(effect.a)), kEventWrite | kEventWhole, kNoSym);
            if (syms_[syms_.rootOf(arg(effect.a))].kind == SymKind::Local) forget(arg(effect.a), state);
          }
          break;
        case Op::Element:
        case Op::Iterator:
          if (!args.empty()) setResult(gid, syms_.field(args[0], context_.element_field), state);
          break;
        case Op::Insert:
          break;
        case Op::ReturnArg:
          if (arg(effect.a) != kNoSym) setResult(gid, arg(effect.a), state);
          break;
        case Op::Wrap: {
          SymId object = load(syms_.make(SymKind::ResultSlot, gid), state);
          store(object, arg(effect.a), state);
          if (emitting_ && arg(effect.a) != kNoSym) {
            Event& event = emit(EventKind::Access, gid, state);
            event.addr = object;
            event.value = arg(effect.a);
            event.flags = kEventWrite | kEventFresh;
          }
          break;
        }
        case Op::Bind: {
          if (args.empty()) break;
          SymId object = load(syms_.make(SymKind::ResultSlot, gid), state);
          store(object, calleeOf(in, 0, args[0], state), state);
          for (std::size_t k = 1; k < args.size() && k < 5; ++k)
            store(syms_.field(object, context_.mutex_field[k - 1]), args[k], state);
          break;
        }
        case Op::Signal:
          if (arg(effect.a) != kNoSym) {
            addSorted(state.rest.signalled, arg(effect.a));
            if (emitting_) emit(EventKind::Signal, gid, state).addr = arg(effect.a);
          }
          break;
        case Op::Await: {
          SymId object = arg(effect.a);
          if (object == kNoSym) break;
          if (effect.has_ok) {
            State failed = state;
            result(failed, false, effect);
            next.push_back(std::move(failed));
            result(state, true, effect);
          }
          SymId content = load(object, state);
          // The future of a packaged_task that a thread runs.
          if (SymId runs = load(syms_.field(content, context_.owned_field), state); isHandle(runs))
            content = runs;
          if (isHandle(content) && emitting_) emit(EventKind::Join, gid, state).value = content;
          if (isHandle(content) && content != load(object, state)) {
            joinValue(content, state);
          } else if (isHandle(content)) {
            joinThread(object, gid, state, false);
          } else {
            bool known = !(syms_[content].kind == SymKind::Load && syms_[content].a == object) &&
                         syms_[content].kind != SymKind::Const;
            addSorted(state.rest.awaited, known ? content : object);
            if (!known) joinThread(object, gid, state, false);
          }
          afterBlocking(state);
          break;
        }
        case Op::Barrier:
          if (arg(effect.a) != kNoSym) {
            addSorted(state.rest.signalled, arg(effect.a));
            addSorted(state.rest.awaited, arg(effect.a));
            if (emitting_) emit(EventKind::Barrier, gid, state).addr = arg(effect.a);
            state.rest.phase = {gid};
            afterBlocking(state);
            const SymId turn = syms_.field(arg(effect.a), context_.owned_field);
            std::erase_if(state.locks, [&](const Held& h) { return h.soft && h.lock == turn; });
          }
          break;
        case Op::SemaphoreInit:
        case Op::LatchInit:
          if (emitting_ && arg(effect.a) != kNoSym) {
            Event& event = emit(EventKind::SemaphoreInit, gid, state);
            event.addr = arg(effect.a);
            event.value = arg(effect.b);
            if (effect.op == Op::LatchInit) event.flags |= kEventLatch;
          }
          break;
        case Op::SemaphoreWait:
        case Op::SemaphoreTry: {
          SymId semaphore = arg(effect.a);
          if (semaphore == kNoSym) break;
          bool tried = effect.op == Op::SemaphoreTry;
          if (tried || (effect.has_ok && used)) {
            State failed = state;
            result(failed, false, effect);
            next.push_back(std::move(failed));
          }
          acquire(semaphore, Mode::Exclusive, tried && !effect.timed, effect.timed, LockKind::Semaphore, gid,
                  gid, state);
          for (Held& held : state.locks) held.permit |= held.lock == semaphore;
          addSorted(state.rest.awaited, semaphore);
          result(state, true, effect);
          afterBlocking(state);
          break;
        }
        case Op::SemaphorePost:
          if (arg(effect.a) == kNoSym) break;
          if (heldBy(arg(effect.a), state, true) == state.locks.rend()) passPermit(state);
          release(arg(effect.a), Mode::Exclusive, gid, state, true);
          addSorted(state.rest.signalled, arg(effect.a));
          break;
        case Op::Block:
          if (emitting_) {
            CallSite site;
            site.gid = gid;
            site.callee = syms_.make(SymKind::Func, symbol);
            site.args = args;
            Index aux = addCall(std::move(site));
            emit(EventKind::Block, gid, state).aux = aux;
          }
          break;
        case Op::HandlerSet:
          if (arg(effect.a) != kNoSym) handlerSet(gid, arg(effect.a), arg(0), state);
          break;
        case Op::HandlerIn:
          if (arg(effect.a) == kNoSym) break;
          for (const Binding& binding : state.memory) {
            if (syms_[binding.second].kind == SymKind::Func && syms_.contains(binding.first, arg(effect.a)))
              handlerSet(gid, binding.second, arg(0), state);
          }
          break;
        case Op::Store:
          if (args.size() > 1) store(args[0], args[1], state);
          break;
        case Op::Escape:
          if (arg(effect.a) != kNoSym) escape(arg(effect.a), state);
          break;
        case Op::ReadRest:
        case Op::WriteRest:
          accessRest(effect, in, gid, args, state);
          break;
        case Op::Yields:
          setResult(gid, syms_.constant(effect.a), state);
          break;
        case Op::Assume:
          if (arg(effect.a) != kNoSym && !assume(arg(effect.a), true, state)) continue;
          break;
        case Op::SectionBegin:
          openSection(gid, state);
          break;
        case Op::SectionEnd:
          closeSection(state);
          break;
        case Op::Section:
          unknownCall(in, gid, args, symbol, state);
          break;
        case Op::StaticState:
          access(in, gid, state, syms_.make(SymKind::Global, symbol), kEventRead | kEventWrite, kNoSym);
          break;
      }
      next.push_back(std::move(state));
    }
    states = std::move(next);
    (void)byReference;
  }
  for (State& state : states) out.push_back(std::move(state));
  return true;
}

void Flow::afterBlocking(State& state) {
  state.blurred = true;
  state.idle.clear();
  std::erase_if(state.facts, [&](const Fact& fact) {
    SymId at = fact.sym;
    if (syms_[at].kind == SymKind::Compare) at = syms_[at].a;
    return syms_[at].kind == SymKind::Load;
  });
}

// A function is called on a signal from now on.
void Flow::handlerSet(Gid gid, SymId handler, SymId signal, const State& state) {
  if (!emitting_) return;
  Event& event = emit(EventKind::Handler, gid, state);
  event.value = handler;
  event.addr = signal;
}

}  // namespace gridlock::link
