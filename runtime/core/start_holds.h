// Locks that a thread holds while it starts another one. Where the new thread gets such a lock for the first
// time, the hold has ended: what its starter did until then comes before what it does from there on, in every
// schedule. An order of the two on other locks that is only kept by this is no deadlock.
#pragma once

#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

// In the starter: what it holds, as bits for Thread::born_under of the thread that it starts.
std::uint64_t holdsAtStart(Thread& starter);
// In the starter, before it lets go of a lock whose entry says kShadowStarted.
void endHoldAtStart(Thread& starter, Index lock);

void tookOneHeldAtStart(Thread& thread, Index lock);
// In the new thread, when it got a lock.
inline void tookUnderStart(Thread& thread, Index lock) {
  if (thread.born_under != 0) [[unlikely]]
    tookOneHeldAtStart(thread, lock);
}

void startHoldsAfterFork();

}  // namespace gridlock::runtime
