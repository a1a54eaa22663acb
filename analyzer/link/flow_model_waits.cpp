// Flow: what the effects of models mean for conditions, semaphores, barriers and futures, and what a wait
// leaves known.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

bool Flow::modelWait(const ModelCall& call, const Effect& effect, State& state, States& next) {
  const auto& [in, gid, symbol, args, info, used] = call;
  switch (effect.op) {
    case Op::Wait: {
      SymId lock = call.arg(effect.b);
      if (lock == kNoSym) return true;
      waitOn(call.arg(effect.a), lock, gid, effect.timed ? kEventTimed : 0u, state);
      return true;
    }
    case Op::WaitGuard: {
      SymId guard = call.arg(effect.b);
      if (guard == kNoSym) return true;
      std::vector<SymId> locks = guardLocks(guard, state);
      SymId predicate = kNoSym;
      if (effect.c >= 0 && static_cast<std::size_t>(effect.c) < args.size())
        predicate = args[static_cast<std::size_t>(effect.c)];
      std::uint32_t flags = effect.timed ? kEventTimed : 0u;
      if (predicate != kNoSym) flags |= kEventPredicate;
      SymId lock = locks.empty() ? guard : locks[0];
      waitOn(call.arg(effect.a), lock, gid, flags, state);
      if (predicate != kNoSym) {
        invoke(in, gid, predicate, {}, state, !effect.timed);
      }
      return true;
    }
    case Op::Notify:
      if (emitting_) emit(EventKind::Notify, gid, state).addr = call.arg(effect.a);
      return true;
    case Op::Signal:
      if (call.arg(effect.a) != kNoSym) {
        addSorted(state.rest.signalled, call.arg(effect.a));
        if (emitting_) emit(EventKind::Signal, gid, state).addr = call.arg(effect.a);
      }
      return true;
    case Op::Await: {
      SymId object = call.arg(effect.a);
      if (object == kNoSym) return true;
      if (effect.has_ok) {
        alsoFailing(call, effect, state, next);
        assumeResult(call, effect, true, state);
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
      return true;
    }
    case Op::Barrier:
      if (call.arg(effect.a) != kNoSym) {
        addSorted(state.rest.signalled, call.arg(effect.a));
        addSorted(state.rest.awaited, call.arg(effect.a));
        if (emitting_) emit(EventKind::Barrier, gid, state).addr = call.arg(effect.a);
        state.rest.phase = {gid};
        afterBlocking(state);
        const SymId turn = syms_.field(call.arg(effect.a), context_.owned_field);
        std::erase_if(state.locks, [&](const Held& h) { return h.soft && h.lock == turn; });
      }
      return true;
    case Op::SemaphoreInit:
    case Op::LatchInit:
      if (emitting_ && call.arg(effect.a) != kNoSym) {
        Event& event = emit(EventKind::SemaphoreInit, gid, state);
        event.addr = call.arg(effect.a);
        event.value = call.arg(effect.b);
        if (effect.op == Op::LatchInit) event.flags |= kEventLatch;
      }
      return true;
    case Op::SemaphoreWait:
    case Op::SemaphoreTry: {
      SymId semaphore = call.arg(effect.a);
      if (semaphore == kNoSym) return true;
      bool tried = effect.op == Op::SemaphoreTry;
      if (tried || (effect.has_ok && used)) alsoFailing(call, effect, state, next);
      acquire(semaphore, Mode::Exclusive, tried && !effect.timed, effect.timed, LockKind::Semaphore, gid, gid,
              state);
      for (Held& held : state.locks) held.permit |= held.lock == semaphore;
      addSorted(state.rest.awaited, semaphore);
      assumeResult(call, effect, true, state);
      afterBlocking(state);
      return true;
    }
    case Op::SemaphorePost:
      if (call.arg(effect.a) == kNoSym) return true;
      if (heldBy(call.arg(effect.a), state, true) == state.locks.rend()) passPermit(state);
      release(call.arg(effect.a), Mode::Exclusive, gid, state, true);
      addSorted(state.rest.signalled, call.arg(effect.a));
      return true;
    case Op::Block:
      if (emitting_) {
        CallSite site;
        site.gid = gid;
        site.callee = syms_.make(SymKind::Func, symbol);
        site.args = args;
        Index aux = addCall(std::move(site));
        emit(EventKind::Block, gid, state).aux = aux;
      }
      return true;
    default:
      return true;
  }
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

}  // namespace gridlock::link
