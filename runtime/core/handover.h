// Locks that leave a thread's hands by the doing of another one: semaphores that are posted elsewhere, locks
// of fibers that moved on, home-made locks that are given away.
//
// The held stack belongs to its thread. Who releases for it only wipes the lock out of the entry in the
// record, so that readers see the truth at once, and raises ThreadRow::taken_away; the thread itself takes
// the entry out at its next slow step. Its known situations stay known meanwhile: they were seen while it
// held the lock.
#pragma once

#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

void dropTakenAwaySlowly(Thread& thread);

// Called by the thread itself, before it looks at what it holds.
inline void dropTakenAway(Thread& thread) {
  if (thread.row->taken_away.load(std::memory_order_relaxed) != 0) [[unlikely]]
    dropTakenAwaySlowly(thread);
}

// Wipes the lock off the held stack of whichever other thread has it. Says whether one had.
bool takeAway(const Thread& self, Index lock);

}  // namespace gridlock::runtime
