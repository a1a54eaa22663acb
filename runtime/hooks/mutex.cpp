// Mutexes (see mutex_lock.h) and spin locks.

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>

#include "runtime/base/sys.h"
#include "runtime/hooks/mutex_lock.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

Object objectOf(pthread_spinlock_t* lock) {
  return {reinterpret_cast<std::uint64_t>(lock), nullptr, LockKind::kSpinlock, 0};
}

const void* libraryOf(const void* address) {
  dl_find_object found{};
  return _dl_find_object(const_cast<void*>(address), &found) == 0 ? found.dlfo_link_map : nullptr;
}

template <typename Function>
const void* addressOfFunction(Function* function) {
  return reinterpret_cast<const void*>(function);
}

bool reads(const pthread_mutex_t& mutex, int word, int owner, unsigned users) {
  return mutex.__data.__lock == word && mutex.__data.__owner == owner && mutex.__data.__nusers == users &&
         mutex.__data.__kind == 0 && mutex.__data.__count == 0;
}

}  // namespace

unsigned gridlock::runtime::takes_no_mutex = ~0u;

void gridlock::runtime::provePlainMutex() {
  const void* libc = libraryOf(addressOfFunction(&gnu_get_libc_version));
  if (libc == nullptr || libraryOf(addressOfFunction(real.pthread_mutex_lock)) != libc ||
      libraryOf(addressOfFunction(real.pthread_mutex_trylock)) != libc ||
      libraryOf(addressOfFunction(real.pthread_mutex_unlock)) != libc) {
    return;
  }
  const std::uint32_t tid = sys::gettid();
  const int owner = static_cast<int>(tid);
  pthread_mutex_t probe = PTHREAD_MUTEX_INITIALIZER;
  // What libc took we can give, and the other way round; both leave the same behind.
  const bool same = real.pthread_mutex_lock(&probe) == 0 && reads(probe, 1, owner, 1) &&
                    !takePlain(&probe, tid) && real.pthread_mutex_unlock(&probe) == 0 &&
                    reads(probe, 0, 0, 0) && takePlain(&probe, tid) && reads(probe, 1, owner, 1) &&
                    real.pthread_mutex_trylock(&probe) == EBUSY && real.pthread_mutex_unlock(&probe) == 0 &&
                    reads(probe, 0, 0, 0) && real.pthread_mutex_trylock(&probe) == 0 &&
                    reads(probe, 1, owner, 1) && givePlain(&probe, tid) && reads(probe, 0, 0, 0);
  if (!same || real.pthread_mutex_lock(&probe) != 0) return;
  probe.__data.__lock = 2;  // somebody waits
  if (givePlain(&probe, tid) || !reads(probe, 2, owner, 1)) return;
  if (real.pthread_mutex_unlock(&probe) == 0 && reads(probe, 0, 0, 0)) takes_no_mutex = 0;
}

GRIDLOCK_EXPORT int pthread_mutex_init(pthread_mutex_t* mutex,
                                       const pthread_mutexattr_t* attributes) noexcept {
  initialise();
  initialising(objectOfMutex(mutex), GRIDLOCK_FRAME);
  const int result = real.pthread_mutex_init(mutex, attributes);
  if (result == 0) initialised(objectOfMutex(mutex), GRIDLOCK_FRAME);
  return result;
}

GRIDLOCK_EXPORT int pthread_mutex_destroy(pthread_mutex_t* mutex) noexcept {
  initialise();
  const Object object = objectOfMutex(mutex);
  destroying(object, GRIDLOCK_FRAME, ownerOfMutex(mutex));
  const int result = real.pthread_mutex_destroy(mutex);
  if (result == 0) destroyed(object);
  return result;
}

GRIDLOCK_EXPORT int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  return lockMutex(mutex, RequestKind::kBlocking, GRIDLOCK_FRAME,
                   [=] { return real.pthread_mutex_lock(mutex); });
}

GRIDLOCK_EXPORT int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return lockMutex(mutex, RequestKind::kTry, GRIDLOCK_FRAME,
                   [=] { return real.pthread_mutex_trylock(mutex); });
}

GRIDLOCK_EXPORT int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  return lockMutex(mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                   [=] { return real.pthread_mutex_timedlock(mutex, until); });
}

GRIDLOCK_EXPORT int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                                            const timespec* until) noexcept {
  return lockMutex(mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                   [=] { return real.pthread_mutex_clocklock(mutex, clock, until); });
}

GRIDLOCK_EXPORT int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  return unlockMutex(mutex, GRIDLOCK_FRAME, [=] { return real.pthread_mutex_unlock(mutex); });
}

// Spin locks have no room for a mark and no owner; they are short, and rarely many.

GRIDLOCK_EXPORT int pthread_spin_init(pthread_spinlock_t* lock, int shared) noexcept {
  initialise();
  const int result = real.pthread_spin_init(lock, shared);
  if (result == 0) {
    Object object = objectOf(lock);
    if (shared == PTHREAD_PROCESS_SHARED) object.flags |= gridlock::record::kProcessShared;
    initialised(object, GRIDLOCK_FRAME);
  }
  return result;
}

GRIDLOCK_EXPORT int pthread_spin_destroy(pthread_spinlock_t* lock) noexcept {
  initialise();
  const Object object = objectOf(lock);
  const bool is_free = *lock == 1;  // glibc on x86: 1 is free
  destroying(object, GRIDLOCK_FRAME, is_free ? kNobody : kUnknownOwner);
  const int result = real.pthread_spin_destroy(lock);
  if (result == 0) destroyed(object);
  return result;
}

GRIDLOCK_EXPORT int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  initialise();
  Attempt attempt(objectOf(lock), Mode::kExclusive, RequestKind::kBlocking, GRIDLOCK_FRAME);
  if (*const_cast<volatile int*>(lock) != 1) attempt.mayBlock(kNobody);
  const int result = real.pthread_spin_lock(lock);
  result == 0 ? attempt.granted() : attempt.refused();
  return result;
}

GRIDLOCK_EXPORT int pthread_spin_trylock(pthread_spinlock_t* lock) noexcept {
  initialise();
  Attempt attempt(objectOf(lock), Mode::kExclusive, RequestKind::kTry, GRIDLOCK_FRAME);
  const int result = real.pthread_spin_trylock(lock);
  result == 0 ? attempt.granted() : attempt.refused();
  return result;
}

GRIDLOCK_EXPORT int pthread_spin_unlock(pthread_spinlock_t* lock) noexcept {
  initialise();
  const bool is_free = *const_cast<volatile int*>(lock) == 1;
  releasing(objectOf(lock), GRIDLOCK_FRAME, is_free ? kNobody : kUnknownOwner);
  return real.pthread_spin_unlock(lock);
}
