// Starting and joining threads, for the pthread and the C11 names alike. A new thread runs a routine of
// ours first, which takes the row that its creator announced.
#pragma once

#include <pthread.h>

#include "runtime/core/start_holds.h"
#include "runtime/hooks/fast_path.h"

namespace gridlock::runtime {

struct Start {
  void* (*routine)(void*);
  void* argument;
  Index row;
  std::uint64_t born_under;  // see core/start_holds.h
  Start* next_free;
};

Start* takeStart();
void giveStart(Start* start);
void startsAfterFork();
void* runThread(void* argument);

// `create` makes the thread with the routine and argument it is given.
template <typename Create>
int startThread(pthread_t* handle, bool detached, void* (*routine)(void*), void* argument, const Frame* frame,
                Create create) {
  initialise();
  Thread* self = thisThread();
  if (self == nullptr) return create(routine, argument);
  startWatcher();
  Start* start = nullptr;
  Index row = kNone;
  std::uint64_t born_under = 0;
  {
    Inside inside(self);
    const Stack stack = stackAt(*self, frame, placeOf(*self, frame), kNone);
    if (!self->holdsNothing()) born_under = holdsAtStart(*self);
    row = announceThread(*self, reinterpret_cast<std::uint64_t>(routine), stack.index);
    if (row != kNone) start = takeStart();
  }
  if (start == nullptr) return create(routine, argument);
  *start = {routine, argument, row, born_under, nullptr};
  if (detached) current.threads[row].flags |= record::kDetached;
  const int result = create(runThread, start);
  if (result != 0) {
    withdrawThread(row);
    giveStart(start);
  } else if (!detached && current.threads[row].state.load(std::memory_order_acquire) ==
                              static_cast<std::uint32_t>(record::ThreadState::kCreated)) {
    // Else the thread has named itself; what it ran since may have freed the handle.
    nameHandle(*handle, row);
  }
  return result;
}

// libc answers EDEADLK to a thread that joins itself, or the one that is joining it.
bool joinIsRefused(Index row);

inline void joinCancelled(void* wait) { static_cast<PlainWait*>(wait)->end(); }

template <typename Call>
int joinThread(pthread_t thread, RequestKind request, const Frame* frame, Call call) {
  initialise();
  const Index row = recordIsOurs() ? threadByHandle(thread) : kNone;
  int result;
  if (request == RequestKind::kTry || joinIsRefused(row)) {
    result = call();
  } else {
    PlainWait wait(WaitKind::kJoin, row, thread, request, frame);
    pthread_cleanup_push(joinCancelled, &wait);
    result = call();
    pthread_cleanup_pop(0);
    wait.end();
  }
  if (result == 0 && row != kNone) {
    if (Thread* self = thisThread(); self != nullptr) joined(*self, row);
    if (threadByHandle(thread) == row) forgetHandle(thread);
  }
  return result;
}

}  // namespace gridlock::runtime
