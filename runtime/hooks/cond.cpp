// Condition variables. Their functions exist twice, as GLIBC_2.3.2 and as GLIBC_2.2.5, with different
// layouts of the object: each wrapper must call its own, or it corrupts the memory of old programs.
//
// A wait gives the mutex up inside libc and takes it again there, unseen by the mutex hooks. Cancellation
// ends it with the mutex held and never returns here: pthread_cleanup_push (without exceptions: a jump
// buffer) puts the books right before the program's own handlers run.

#include <errno.h>
#include <pthread.h>

#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/mutex.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

Object objectOf(pthread_cond_t* cond) {
  // __wrefs bit 0: process-shared. (An object of the old layout holds a pointer there, never odd.)
  const bool shared = (__atomic_load_n(&cond->__data.__wrefs, __ATOMIC_RELAXED) & 1) != 0;
  return {reinterpret_cast<std::uint64_t>(cond), nullptr, LockKind::kCondition,
          static_cast<std::uint16_t>(shared ? gridlock::record::kProcessShared : 0)};
}

void cancelled(void* wait) { static_cast<ConditionWait*>(wait)->end(true); }

template <typename Call>
int waitWith(pthread_cond_t* cond, pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
             Call call) {
  initialise();
  ConditionWait wait(objectOf(cond), objectOfMutex(mutex), ownerOfMutex(mutex), request, frame);
  int result;
  pthread_cleanup_push(cancelled, &wait);
  result = call();
  pthread_cleanup_pop(0);
  // Whatever it returns but EPERM, EINVAL of a robust mutex that is lost: the mutex is ours again.
  wait.end(result != ENOTRECOVERABLE);
  return result;
}

int initWith(decltype(real.pthread_cond_init) function, pthread_cond_t* cond,
             const pthread_condattr_t* attributes, const Frame* frame) {
  initialise();
  const int result = function(cond, attributes);
  if (result == 0) initialised(objectOf(cond), frame);
  return result;
}

int destroyWith(decltype(real.pthread_cond_destroy) function, pthread_cond_t* cond) {
  initialise();
  const Object object = objectOf(cond);
  const int result = function(cond);
  if (result == 0) destroyed(object);
  return result;
}

}  // namespace

GRIDLOCK_EXPORT int pthread_cond_init(pthread_cond_t* cond, const pthread_condattr_t* attributes) noexcept {
  return initWith(real.pthread_cond_init, cond, attributes, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT int pthread_cond_destroy(pthread_cond_t* cond) noexcept {
  return destroyWith(real.pthread_cond_destroy, cond);
}

GRIDLOCK_EXPORT int pthread_cond_wait(pthread_cond_t* cond, pthread_mutex_t* mutex) {
  return waitWith(cond, mutex, RequestKind::kBlocking, GRIDLOCK_FRAME,
                  [=] { return real.pthread_cond_wait(cond, mutex); });
}

GRIDLOCK_EXPORT int pthread_cond_timedwait(pthread_cond_t* cond, pthread_mutex_t* mutex,
                                           const timespec* until) {
  return waitWith(cond, mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_cond_timedwait(cond, mutex, until); });
}

GRIDLOCK_EXPORT int pthread_cond_clockwait(pthread_cond_t* cond, pthread_mutex_t* mutex, clockid_t clock,
                                           const timespec* until) {
  return waitWith(cond, mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_cond_clockwait(cond, mutex, clock, until); });
}

GRIDLOCK_EXPORT int pthread_cond_init_old(pthread_cond_t* cond, const pthread_condattr_t* attributes) {
  initialise();
  return real.pthread_cond_init_old(cond, attributes);
}

GRIDLOCK_EXPORT int pthread_cond_destroy_old(pthread_cond_t* cond) {
  initialise();
  return real.pthread_cond_destroy_old(cond);
}

GRIDLOCK_EXPORT int pthread_cond_wait_old(pthread_cond_t* cond, pthread_mutex_t* mutex) {
  return waitWith(cond, mutex, RequestKind::kBlocking, GRIDLOCK_FRAME,
                  [=] { return real.pthread_cond_wait_old(cond, mutex); });
}

GRIDLOCK_EXPORT int pthread_cond_timedwait_old(pthread_cond_t* cond, pthread_mutex_t* mutex,
                                               const timespec* until) {
  return waitWith(cond, mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_cond_timedwait_old(cond, mutex, until); });
}

#define GRIDLOCK_VERSIONS(name)                             \
  asm(".symver " #name ", " #name "@@GLIBC_2.3.2, remove"); \
  asm(".symver " #name "_old, " #name "@GLIBC_2.2.5, remove");
GRIDLOCK_VERSIONS(pthread_cond_init)
GRIDLOCK_VERSIONS(pthread_cond_destroy)
GRIDLOCK_VERSIONS(pthread_cond_wait)
GRIDLOCK_VERSIONS(pthread_cond_timedwait)
