// Flow: what a call of a modelled function does: its effects, one after the other, on each way.
#include <utility>

#include "analyzer/link/flow.h"

namespace gridlock::link {

bool Flow::model(const Model& effects, const facts::Instruction& in, Gid gid, Index symbol,
                 const std::vector<SymId>& args, State start, States& out) {
  const ModelCall call{
      in, gid, symbol, args, program_.symbols[symbol], used_results_.count(gid - info_.first_gid) > 0};
  States states{std::move(start)};
  for (const Effect& effect : effects) {
    States next;
    for (State& current : states) {
      State state = std::move(current);
      bool goes_on = true;
      switch (effect.op) {
        case Op::Holds:
        case Op::Lock:
        case Op::Try:
        case Op::Unlock:
        case Op::LockInit:
        case Op::LockDestroy:
        case Op::MutexAttribute:
        case Op::LockMany:
        case Op::TryMany:
        case Op::SectionBegin:
        case Op::SectionEnd:
        case Op::Section:
          goes_on = modelLock(call, effect, state, next);
          break;
        case Op::GuardOpen:
        case Op::GuardClose:
        case Op::GuardLock:
        case Op::GuardTry:
        case Op::GuardUnlock:
        case Op::GuardRelease:
        case Op::GuardOwns:
        case Op::GuardMutex:
        case Op::GuardMove:
        case Op::GuardSwap:
          goes_on = modelGuard(call, effect, state, next);
          break;
        case Op::Wait:
        case Op::WaitGuard:
        case Op::Notify:
        case Op::Signal:
        case Op::Await:
        case Op::Barrier:
        case Op::SemaphoreInit:
        case Op::LatchInit:
        case Op::SemaphoreWait:
        case Op::SemaphoreTry:
        case Op::SemaphorePost:
        case Op::Block:
          goes_on = modelWait(call, effect, state, next);
          break;
        case Op::Start:
        case Op::StartCall:
        case Op::StartAsync:
        case Op::Join:
        case Op::JoinObject:
        case Op::JoinIfStarted:
        case Op::Joinable:
        case Op::Detach:
        case Op::DetachObject:
        case Op::Nothing:
        case Op::ThreadExit:
        case Op::NoReturn:
        case Op::Invoke:
        case Op::Once:
        case Op::CallableSet:
        case Op::CallableCall:
        case Op::Bind:
        case Op::HandlerSet:
        case Op::HandlerIn:
          goes_on = modelThread(call, effect, state, next);
          break;
        case Op::Alloc:
        case Op::Realloc:
        case Op::Free:
        case Op::MakeObject:
        case Op::PointerSet:
        case Op::PointerCopy:
        case Op::PointerGet:
        case Op::PointerFree:
        case Op::Wrap:
        case Op::Swap:
        case Op::Less:
        case Op::Assign:
        case Op::Copy:
        case Op::ReadArg:
        case Op::WriteArg:
        case Op::Element:
        case Op::Iterator:
        case Op::Insert:
        case Op::ReturnArg:
        case Op::Store:
        case Op::Escape:
        case Op::ReadRest:
        case Op::WriteRest:
        case Op::Yields:
        case Op::Assume:
        case Op::StaticState:
          goes_on = modelObject(call, effect, state);
          break;
      }
      if (goes_on) next.push_back(std::move(state));
    }
    states = std::move(next);
  }
  for (State& state : states) out.push_back(std::move(state));
  return true;
}

// What the call returns where it succeeds, or fails.
void Flow::assumeResult(const ModelCall& call, const Effect& effect, bool success, State& state) {
  if (!effect.has_ok) return;
  const SymId slot = load(syms_.make(SymKind::ResultSlot, call.gid), state);
  const bool equal = effect.ok_true ? !success : success;
  assumeEqual(slot, equal, effect.ok_true ? 0 : effect.ok, state);
  if (effect.ok_true) setResult(call.gid, syms_.constant(success ? 1 : 0), state);
  if (!effect.ok_true && success) setResult(call.gid, syms_.constant(effect.ok), state);
}

// The way on which the call fails, and does nothing.
void Flow::alsoFailing(const ModelCall& call, const Effect& effect, const State& state, States& next) {
  State failed = state;
  assumeResult(call, effect, false, failed);
  next.push_back(std::move(failed));
}

}  // namespace gridlock::link
