// Deadlocks, looked for from within: at block time by the thread that is about to block, and by the
// watcher. The solving itself is gridlock/wait_graph.h, over the record.
#pragma once

#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

// The calling thread has published a wait for a lock. Follows the owners; when that does not lead to a
// thread that can act, solves the whole graph. May not return: see the option on_deadlock.
void lookBeforeBlocking(Thread& thread, std::uint32_t owner);

// Looks at the whole graph, also at waits that anybody could end. True when threads are stuck.
bool lookAtAll(bool also_knots);

// The kernel has the thread asleep in a futex call.
bool sleepsInKernel(const record::ThreadRow& row);

void verdictsAfterFork();

}  // namespace gridlock::runtime
