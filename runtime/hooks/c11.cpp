// C11 threads. libc's mtx_*, cnd_* and thrd_* do not pass through the pthread names, but their objects are
// pthread objects and their success value is 0.

#include <threads.h>

#include <bit>

#include "runtime/hooks/cond_wait.h"
#include "runtime/hooks/mutex_lock.h"
#include "runtime/hooks/real.h"
#include "runtime/hooks/thread_start.h"

using namespace gridlock::runtime;

namespace {

static_assert(thrd_success == 0);

pthread_mutex_t* asMutex(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* asCond(cnd_t* cond) { return reinterpret_cast<pthread_cond_t*>(cond); }

}  // namespace

GRIDLOCK_EXPORT int mtx_init(mtx_t* mutex, int type) noexcept {
  initialise();
  const int result = real.mtx_init(mutex, type);
  if (result == thrd_success) initialised(objectOfMutex(asMutex(mutex)), GRIDLOCK_FRAME);
  return result;
}

GRIDLOCK_EXPORT void mtx_destroy(mtx_t* mutex) noexcept {
  initialise();
  const Object object = objectOfMutex(asMutex(mutex));
  destroying(object, GRIDLOCK_FRAME, ownerOfMutex(asMutex(mutex)));
  real.mtx_destroy(mutex);
  destroyed(object);
}

GRIDLOCK_EXPORT int mtx_lock(mtx_t* mutex) {
  return lockMutex(asMutex(mutex), RequestKind::kBlocking, GRIDLOCK_FRAME,
                   [=] { return real.mtx_lock(mutex); });
}

GRIDLOCK_EXPORT int mtx_trylock(mtx_t* mutex) noexcept {
  return lockMutex(asMutex(mutex), RequestKind::kTry, GRIDLOCK_FRAME,
                   [=] { return real.mtx_trylock(mutex); });
}

GRIDLOCK_EXPORT int mtx_timedlock(mtx_t* mutex, const timespec* until) {
  return lockMutex(asMutex(mutex), RequestKind::kTimed, GRIDLOCK_FRAME,
                   [=] { return real.mtx_timedlock(mutex, until); });
}

GRIDLOCK_EXPORT int mtx_unlock(mtx_t* mutex) noexcept {
  return unlockMutex(asMutex(mutex), GRIDLOCK_FRAME, [=] { return real.mtx_unlock(mutex); });
}

GRIDLOCK_EXPORT int cnd_wait(cnd_t* cond, mtx_t* mutex) {
  return waitOnCondition(asCond(cond), asMutex(mutex), RequestKind::kBlocking, GRIDLOCK_FRAME,
                         [=] { return real.cnd_wait(cond, mutex); });
}

GRIDLOCK_EXPORT int cnd_timedwait(cnd_t* cond, mtx_t* mutex, const timespec* until) {
  return waitOnCondition(asCond(cond), asMutex(mutex), RequestKind::kTimed, GRIDLOCK_FRAME,
                         [=] { return real.cnd_timedwait(cond, mutex, until); });
}

GRIDLOCK_EXPORT int cnd_signal(cnd_t* cond) noexcept {
  initialise();
  notifying(objectOfCondition(asCond(cond)), isWaitedFor(asCond(cond)), GRIDLOCK_FRAME);
  return real.cnd_signal(cond);
}

GRIDLOCK_EXPORT int cnd_broadcast(cnd_t* cond) noexcept {
  initialise();
  notifying(objectOfCondition(asCond(cond)), isWaitedFor(asCond(cond)), GRIDLOCK_FRAME);
  return real.cnd_broadcast(cond);
}

GRIDLOCK_EXPORT int thrd_create(thrd_t* handle, thrd_start_t routine, void* argument) {
  // Both kinds of routine return in the same register; libc calls them by the same pointer, too.
  return startThread(handle, false, std::bit_cast<void* (*)(void*)>(routine), argument, GRIDLOCK_FRAME,
                     [=](void* (*run)(void*), void* with) {
                       return real.thrd_create(handle, std::bit_cast<thrd_start_t>(run), with);
                     });
}

GRIDLOCK_EXPORT int thrd_join(thrd_t thread, int* value) {
  return joinThread(thread, RequestKind::kBlocking, GRIDLOCK_FRAME,
                    [=] { return real.thrd_join(thread, value); });
}

GRIDLOCK_EXPORT int thrd_detach(thrd_t thread) {
  initialise();
  const Index row = recordIsOurs() ? threadByHandle(thread) : kNone;
  const int result = real.thrd_detach(thread);
  if (result == thrd_success && row != kNone) current.threads[row].flags |= gridlock::record::kDetached;
  return result;
}
