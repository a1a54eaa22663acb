// Waiting on a condition variable, for the pthread and the C11 names alike.
//
// A wait gives the mutex up inside libc and takes it again there, unseen by the mutex hooks. Cancellation
// ends it with the mutex held and never returns here: pthread_cleanup_push (without exceptions: a jump
// buffer) puts the books right before the program's own handlers run.
#pragma once

#include "runtime/core/handshakes.h"
#include "runtime/hooks/mutex_lock.h"

namespace gridlock::runtime {

inline Object objectOfCondition(pthread_cond_t* cond) {
  // __wrefs bit 0: process-shared. (An object of the old layout holds a pointer there, never odd.)
  const bool shared = (__atomic_load_n(&cond->__data.__wrefs, __ATOMIC_RELAXED) & 1) != 0;
  return {reinterpret_cast<std::uint64_t>(cond), nullptr, record::LockKind::kCondition,
          static_cast<std::uint16_t>(shared ? record::kProcessShared : 0)};
}

// Whether anybody waits for it, as libc's own functions see it.
inline bool isWaitedFor(const pthread_cond_t* cond) {
  return __atomic_load_n(&cond->__data.__wrefs, __ATOMIC_RELAXED) >> 3 != 0;
}

inline void conditionWaitCancelled(void* wait) { static_cast<ConditionWait*>(wait)->end(true, false); }

template <typename Call>
int waitOnCondition(pthread_cond_t* cond, pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                    Call call) {
  initialise();
  ConditionWait wait(objectOfCondition(cond), objectOfMutex(mutex), ownerOfMutex(mutex), request, frame);
  int result;
  pthread_cleanup_push(conditionWaitCancelled, &wait);
  result = call();
  pthread_cleanup_pop(0);
  // Whatever it returns but EPERM, EINVAL of a robust mutex that is lost: the mutex is ours again.
  wait.end(result != ENOTRECOVERABLE, result == 0);
  return result;
}

}  // namespace gridlock::runtime
