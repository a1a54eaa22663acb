// Deadlocks, looked for from within: at block time by the thread that is about to block, and by the
// watcher. The solving itself is gridlock/wait_graph.h, over the record.
#pragma once

#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

// The calling thread has published a wait for a lock. Follows the owners; when that does not lead to a
// thread that can act, solves the whole graph. May not return: see the option on_deadlock.
void lookBeforeBlocking(Thread& thread, std::uint32_t owner);

// Looks at the whole graph.
enum class Moment {
  kBlocking,  // the caller is about to block: who could end waits for anybody is not asked
  kLater,     // from the watcher
  kTheEnd,    // the process ends: what waited so far, waited in vain. Nothing is ended by it.
};
// kUnripe: a thread waits for itself, and it is too early to tell.
enum class Sight { kClear, kStuck, kUnripe };
Sight lookAtAll(Moment moment);

// The kernel has the thread asleep in a futex call.
bool sleepsInKernel(const record::ThreadRow& row);
// Of a thread that waits on a condition: not notified yet. One that was sleeps at the mutex, to get it again.
bool sleepsAtItsCondition(const record::ThreadRow& row);

void verdictsAfterFork();

}  // namespace gridlock::runtime
