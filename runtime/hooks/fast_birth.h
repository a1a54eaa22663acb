// Mutexes that are initialised, used and destroyed again and again at one place: the row of the one that this
// thread destroyed last serves the next one, and nothing is looked up. Everything else goes to core/events.h;
// nothing here does what is not done there.
#pragma once

#include <pthread.h>

#include "runtime/hooks/mutex_lock.h"

namespace gridlock::runtime {

GRIDLOCK_INLINE void setLockState(record::LockRow* row, record::LockState state) {
  row->state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
}

// After its initialisation without attributes. `word` stood in its spare bytes before.
GRIDLOCK_INLINE bool isBornAgain(pthread_mutex_t* mutex, std::uint64_t word, const Frame* frame) {
  Thread* thread = tl_thread;
  const std::uint64_t address = addressOfMutex(mutex);
  const std::uint64_t mark = word ^ kDestroyedMark;
  if (thread->gate() == 0 || thread->born_frame != frame || thread->born_site != frame->site ||
      !isMarkOf(mark, address)) {
    return false;
  }
  Inside inside(thread);
  record::LockRow* row = &current.locks[static_cast<Index>(mark)];
  if (thread->free_locks != row || row->address != address || row->kind != record::LockKind::kMutex ||
      row->flags != record::kInitialised) {
    return false;
  }
  thread->free_locks = row->reserved == kNone ? nullptr : &current.locks[row->reserved];
  row->reserved = kNone;
  ++row->generation;
  row->born_stack = thread->born_stack;
  row->contended.store(0, std::memory_order_relaxed);
  setLockState(row, record::LockState::kLive);
  __atomic_store_n(spareOfMutex(mutex), mark, __ATOMIC_RELEASE);
  return true;
}

// After its destruction: a mutex that no other row refers to.
GRIDLOCK_INLINE bool isForgotten(pthread_mutex_t* mutex) {
  Thread* thread = tl_thread;
  const std::uint64_t address = addressOfMutex(mutex);
  const std::uint64_t mark = *spareOfMutex(mutex);
  if (thread->gate() == 0 || !isMarkOf(mark, address)) return false;
  Inside inside(thread);
  record::LockRow* row = &current.locks[static_cast<Index>(mark)];
  if (row->reserved8 != 0 || row->address != address || row->flags != record::kInitialised ||
      row->kind != record::LockKind::kMutex)
    return false;
  setLockState(row, record::LockState::kDestroyed);
  *spareOfMutex(mutex) = mark ^ kDestroyedMark;
  row->reserved =
      thread->free_locks == nullptr ? kNone : static_cast<Index>(thread->free_locks - current.locks);
  thread->free_locks = row;
  return true;
}

}  // namespace gridlock::runtime
