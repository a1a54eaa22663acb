// Whether threads get on: waits that never get their turn, attempts that fail for ever, calls that block
// under a lock. All of it is looked at where a thread waited or failed anyway; the uncontended path knows
// nothing of it.
#pragma once

#include "runtime/core/events.h"

namespace gridlock::runtime {

// How often a lock was taken so far, by all threads, and by how many of them: as far as its critical sections
// tell it apart from others.
struct Takes {
  std::uint64_t count;
  std::uint32_t threads;
};
Takes takesOf(Index lock);
// A new critical section of a lock.
void addSectionOfLock(Index lock, Index section);

// The thread got the lock after so long; `before` is what takesOf() said when it began to wait.
void noteLongWait(Thread& thread, Index lock, std::uint32_t how, Index stack, std::uint64_t waited,
                  std::uint64_t before);

// A try for the lock failed; `section` is where it would have been counted.
void noteFailedTry(Thread& thread, Index lock, Index section, Index stack);

// A call that blocked for so long while the thread held locks. Notes it under the newest of them that others
// may need, if it took long enough.
void noteBlocking(Thread& thread, record::BlockingCall call, std::uint64_t blocked, const Frame* frame,
                  Index stack = kNone);

void progressAfterFork();

}  // namespace gridlock::runtime
