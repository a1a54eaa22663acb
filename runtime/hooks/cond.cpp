// Condition variables. Their functions exist twice, as GLIBC_2.3.2 and as GLIBC_2.2.5, with different
// layouts of the object: each wrapper must call its own, or it corrupts the memory of old programs.

#include "runtime/hooks/cond_wait.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;

namespace {

int initWith(decltype(real.pthread_cond_init) function, pthread_cond_t* cond,
             const pthread_condattr_t* attributes, const Frame* frame) {
  initialise();
  const int result = function(cond, attributes);
  if (result == 0) initialised(objectOfCondition(cond), frame);
  return result;
}

int destroyWith(decltype(real.pthread_cond_destroy) function, pthread_cond_t* cond) {
  initialise();
  const Object object = objectOfCondition(cond);
  const int result = function(cond);
  if (result == 0) destroyed(object);
  return result;
}

Object objectOfOldCondition(pthread_cond_t* cond) {
  return {reinterpret_cast<std::uint64_t>(cond), nullptr, gridlock::record::LockKind::kCondition, 0};
}
bool isOldWaitedFor(pthread_cond_t* cond) {
  const auto* made = __atomic_load_n(reinterpret_cast<pthread_cond_t**>(cond), __ATOMIC_ACQUIRE);
  return made != nullptr && isWaitedFor(made);
}

}  // namespace

GRIDLOCK_EXPORT int pthread_cond_init(pthread_cond_t* cond, const pthread_condattr_t* attributes) noexcept {
  return initWith(real.pthread_cond_init, cond, attributes, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT int pthread_cond_destroy(pthread_cond_t* cond) noexcept {
  return destroyWith(real.pthread_cond_destroy, cond);
}

GRIDLOCK_EXPORT int pthread_cond_wait(pthread_cond_t* cond, pthread_mutex_t* mutex) {
  return waitOnCondition(cond, mutex, RequestKind::kBlocking, GRIDLOCK_FRAME,
                         [=] { return real.pthread_cond_wait(cond, mutex); });
}

GRIDLOCK_EXPORT int pthread_cond_timedwait(pthread_cond_t* cond, pthread_mutex_t* mutex,
                                           const timespec* until) {
  return waitOnCondition(cond, mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                         [=] { return real.pthread_cond_timedwait(cond, mutex, until); });
}

GRIDLOCK_EXPORT int pthread_cond_clockwait(pthread_cond_t* cond, pthread_mutex_t* mutex, clockid_t clock,
                                           const timespec* until) {
  return waitOnCondition(cond, mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                         [=] { return real.pthread_cond_clockwait(cond, mutex, clock, until); });
}

GRIDLOCK_EXPORT int pthread_cond_signal(pthread_cond_t* cond) noexcept {
  initialise();
  notifying(objectOfCondition(cond), isWaitedFor(cond), GRIDLOCK_FRAME);
  return real.pthread_cond_signal(cond);
}

GRIDLOCK_EXPORT int pthread_cond_broadcast(pthread_cond_t* cond) noexcept {
  initialise();
  notifying(objectOfCondition(cond), isWaitedFor(cond), GRIDLOCK_FRAME);
  return real.pthread_cond_broadcast(cond);
}

// An object of the old layout holds a pointer to one of the new, made by the first wait.

GRIDLOCK_EXPORT int pthread_cond_signal_old(pthread_cond_t* cond) {
  initialise();
  notifying(objectOfOldCondition(cond), isOldWaitedFor(cond), GRIDLOCK_FRAME);
  return real.pthread_cond_signal_old(cond);
}

GRIDLOCK_EXPORT int pthread_cond_broadcast_old(pthread_cond_t* cond) {
  initialise();
  notifying(objectOfOldCondition(cond), isOldWaitedFor(cond), GRIDLOCK_FRAME);
  return real.pthread_cond_broadcast_old(cond);
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
  return waitOnCondition(cond, mutex, RequestKind::kBlocking, GRIDLOCK_FRAME,
                         [=] { return real.pthread_cond_wait_old(cond, mutex); });
}

GRIDLOCK_EXPORT int pthread_cond_timedwait_old(pthread_cond_t* cond, pthread_mutex_t* mutex,
                                               const timespec* until) {
  return waitOnCondition(cond, mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                         [=] { return real.pthread_cond_timedwait_old(cond, mutex, until); });
}

#define GRIDLOCK_VERSIONS(name)                             \
  asm(".symver " #name ", " #name "@@GLIBC_2.3.2, remove"); \
  asm(".symver " #name "_old, " #name "@GLIBC_2.2.5, remove");
GRIDLOCK_VERSIONS(pthread_cond_init)
GRIDLOCK_VERSIONS(pthread_cond_destroy)
GRIDLOCK_VERSIONS(pthread_cond_wait)
GRIDLOCK_VERSIONS(pthread_cond_timedwait)
GRIDLOCK_VERSIONS(pthread_cond_signal)
GRIDLOCK_VERSIONS(pthread_cond_broadcast)
