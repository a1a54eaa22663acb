// Acquired-before edges as the record keeps them: chains of held locks, and requests made while
// holding them. They are stored here and never searched; the analyzer derives edges, gates and cycles.
//
// Called on the slow path alone, that is once for each new situation of a thread.
#pragma once

#include "runtime/core/stack_store.h"
#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

// The kChains row of all locks the thread holds, none when it holds none or the table is full.
Index chainOf(Thread& thread);

// Notes that the thread asks for `lock` while it holds others: a new row, or a further count. The row.
Index addRequest(Thread& thread, Index lock, std::uint32_t how, Stack stack);

// Notes that the thread is about to wait for the end of another one, which is a lock of kind kThread that the
// other one holds as long as it lives; with or without locks in its hands.
void addJoin(Thread& thread, Index joined, Stack stack);

// The thread's critical section for a lock taken at a place.
Index sectionFor(Thread& thread, Place place, std::uint64_t site, Index lock, std::uint32_t how, Stack stack,
                 bool& merged);

void edgesAfterFork();

}  // namespace gridlock::runtime
