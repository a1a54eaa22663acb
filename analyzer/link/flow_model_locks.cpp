// Flow: what the effects of models mean for locks and guards.
#include <algorithm>
#include <utility>

#include "analyzer/link/flow.h"

namespace gridlock::link {

bool Flow::modelLock(const ModelCall& call, const Effect& effect, State& state, States& next) {
  const auto& [in, gid, symbol, args, info, used] = call;
  const Mode mode = effect.shared ? Mode::Shared : Mode::Exclusive;
  switch (effect.op) {
    case Op::Holds:
      if (effect.has_ok && used) alsoFailing(call, effect, state, next);
      assumeResult(call, effect, true, state);
      if (SymId lock = call.arg(effect.a);
          lock != kNoSym && heldBy(lock, state, false) == state.locks.rend()) {
        const bool was_emitting = std::exchange(emitting_, false);
        acquire(lock, mode, false, false, lockKindOf(lock), gid, gid, state);
        emitting_ = was_emitting;
      }
      return true;
    case Op::Lock:
    case Op::Try: {
      SymId lock = call.arg(effect.a);
      if (lock == kNoSym) return true;
      LockKind kind = effect.has_kind ? effect.kind : lockKindOf(lock);
      bool tried = effect.op == Op::Try;
      if (tried || (effect.has_ok && used)) alsoFailing(call, effect, state, next);
      acquire(lock, mode, tried && !effect.timed, effect.timed, kind, gid, gid, state);
      assumeResult(call, effect, true, state);
      return true;
    }
    case Op::Unlock:
      if (call.arg(effect.a) != kNoSym) release(call.arg(effect.a), mode, gid, state);
      return true;
    case Op::LockInit:
    case Op::LockDestroy:
      if (emitting_ && call.arg(effect.a) != kNoSym) {
        SymId type = kNoSym;
        if (effect.op == Op::LockInit && args.size() > 1) {
          SymId attribute = args[1];
          SymId content = load(syms_.field(attribute, context_.owned_field), state);
          if (syms_[content].kind == SymKind::Const) type = content;
          if (info.qualified == "mtx_init") type = args[1];
        }
        Event& event =
            emit(effect.op == Op::LockInit ? EventKind::InitLock : EventKind::DestroyLock, gid, state);
        event.addr = call.arg(effect.a);
        event.value = type;
        event.lock_kind = effect.has_kind ? effect.kind : lockKindOf(event.addr);
        if (effect.op == Op::LockInit &&
            std::binary_search(state.rest.initialised.begin(), state.rest.initialised.end(), event.addr))
          event.flags |= kEventInvalid;
      }
      if (SymId lock = call.arg(effect.a); lock != kNoSym && !info.has(facts::kSymbolMethod)) {
        bool fixed = !syms_.hasStale(lock) && syms_[lock].kind != SymKind::Element;
        std::erase(state.rest.destroyed, lock);
        std::erase(state.rest.initialised, lock);
        if (fixed) addSorted(effect.op == Op::LockInit ? state.rest.initialised : state.rest.destroyed, lock);
      }
      return true;
    case Op::MutexAttribute:
      if (args.size() > 1) store(syms_.field(args[0], context_.owned_field), args[1], state);
      return true;
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
        if (record && (record->qualified == "std::unique_lock" || record->qualified == "std::shared_lock")) {
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
      return true;
    }
    case Op::SectionBegin:
      openSection(gid, state);
      return true;
    case Op::SectionEnd:
      closeSection(state);
      return true;
    case Op::Section:
      unknownCall(in, gid, args, symbol, state);
      return true;
    default:
      return true;
  }
}

bool Flow::modelGuard(const ModelCall& call, const Effect& effect, State& state, States& next) {
  const auto& [in, gid, symbol, args, info, used] = call;
  const Mode mode = effect.shared ? Mode::Shared : Mode::Exclusive;
  switch (effect.op) {
    case Op::GuardOpen:
      openGuard(effect, in, gid, symbol, args, std::move(state), next);
      return false;
    case Op::GuardClose:
      if (call.arg(0) != kNoSym) {
        closeGuard(args[0], gid, std::move(state), next);
        return false;
      }
      return true;
    case Op::GuardLock:
    case Op::GuardTry: {
      if (call.arg(0) == kNoSym) return true;
      std::vector<SymId> locks = guardLocks(args[0], state);
      bool tried = effect.op == Op::GuardTry;
      if (tried) alsoFailing(call, effect, state, next);
      for (SymId lock : locks)
        acquire(lock, mode, tried && !effect.timed, effect.timed, lockKindOf(lock), gid, gid, state);
      store(guardField(args[0], 4), syms_.constant(1), state);
      assumeResult(call, effect, true, state);
      return true;
    }
    case Op::GuardUnlock: {
      if (call.arg(0) == kNoSym) return true;
      for (SymId lock : guardLocks(args[0], state)) release(lock, mode, gid, state);
      store(guardField(args[0], 4), syms_.constant(0), state);
      return true;
    }
    case Op::GuardRelease:
      if (call.arg(0) == kNoSym) return true;
      setResult(gid, load(guardField(args[0], 0), state), state);
      store(guardField(args[0], 4), syms_.constant(0), state);
      return true;
    case Op::GuardOwns:
      if (call.arg(0) != kNoSym) setResult(gid, load(guardField(args[0], 4), state), state);
      return true;
    case Op::GuardMutex:
      if (call.arg(0) != kNoSym) setResult(gid, load(guardField(args[0], 0), state), state);
      return true;
    case Op::GuardMove: {
      if (args.size() < 2) return true;
      States closed;
      closeGuard(args[0], gid, std::move(state), closed);
      for (State& s : closed) {
        for (unsigned k = 0; k < 5; ++k) store(guardField(args[0], k), load(guardField(args[1], k), s), s);
        store(guardField(args[1], 4), syms_.constant(0), s);
        next.push_back(std::move(s));
      }
      return false;
    }
    case Op::GuardSwap:
      if (args.size() < 2) return true;
      for (unsigned k = 0; k < 5; ++k) {
        SymId a = load(guardField(args[0], k), state), b = load(guardField(args[1], k), state);
        store(guardField(args[0], k), b, state);
        store(guardField(args[1], k), a, state);
      }
      return true;
    default:
      return true;
  }
}

}  // namespace gridlock::link
