// Mutexes (see mutex_lock.h) and spin locks.

#include "runtime/base/sys.h"
#include "runtime/hooks/fast_birth.h"
#include "runtime/hooks/mutex_lock.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

Object objectOf(pthread_spinlock_t* lock) {
  return {reinterpret_cast<std::uint64_t>(lock), nullptr, LockKind::kSpinlock, 0};
}

constexpr int kFreeSpin = 1;  // glibc on x86

int valueOf(pthread_spinlock_t* lock) { return *const_cast<volatile int*>(lock); }

int callSpin(pthread_spinlock_t* lock, RequestKind request) {
  return request == RequestKind::kTry ? real.pthread_spin_trylock(lock) : real.pthread_spin_lock(lock);
}

[[gnu::noinline]] int lockSpinSlowly(pthread_spinlock_t* lock, RequestKind request, const Frame* frame) {
  initialise();
  const Object object = objectOf(lock);
  Attempt attempt(object, Mode::kExclusive, request, frame);
  if (attempt) noteNear(*attempt.thread(), object.address);
  if (request != RequestKind::kTry && valueOf(lock) != kFreeSpin) attempt.mayBlock(kNobody);
  const int result = callSpin(lock, request);
  result == 0 ? attempt.granted() : attempt.refused();
  return result;
}

[[gnu::noinline]] int lockSpinFromCache(pthread_spinlock_t* lock, std::uint64_t mark, RequestKind request,
                                        const Frame* frame) {
  const auto address = reinterpret_cast<std::uint64_t>(lock);
  if (mark == kNoMark || !prepareFromCache(tl_thread, address, mark, Mode::kExclusive, request, frame))
    return lockSpinSlowly(lock, request, frame);
  const int result = callSpin(lock, request);
  if (result == 0) raiseAfterCall(objectOf(lock), Mode::kExclusive, request, frame);
  return result;
}

GRIDLOCK_INLINE int lockSpin(pthread_spinlock_t* lock, RequestKind request, const Frame* frame) {
  const auto address = reinterpret_cast<std::uint64_t>(lock);
  Thread* thread = tl_thread;
  if (valueOf(lock) != kFreeSpin) [[unlikely]]
    return lockSpinSlowly(lock, request, frame);
  const std::uint64_t mark = nearMark(*thread, address);
  if (mark == kNoMark || !repeats(thread, address, mark, Mode::kExclusive, request, frame)) [[unlikely]]
    return lockSpinFromCache(lock, mark, request, frame);
  const int result = callSpin(lock, request);
  if (result == 0) raiseAfterCall(objectOf(lock), Mode::kExclusive, request, frame);
  return result;
}

[[gnu::noinline]] void releaseSpinSlowly(pthread_spinlock_t* lock, const Frame* frame) {
  initialise();
  releasing(objectOf(lock), frame, valueOf(lock) == kFreeSpin ? kNobody : kUnknownOwner);
}

bool reads(const pthread_mutex_t& mutex, int word, int owner, unsigned users) {
  const bool counts = mutex.__data.__kind == PTHREAD_MUTEX_RECURSIVE_NP;
  return mutex.__data.__lock == word && mutex.__data.__owner == owner && mutex.__data.__nusers == users &&
         mutex.__data.__count == (counts ? users : 0) && mutex.__data.__spins == 0;
}

bool take(pthread_mutex_t& mutex, std::uint32_t tid) {
  return mutex.__data.__kind == 0 ? takePlain(&mutex, tid) : takeLikePlain(&mutex, tid);
}
bool give(pthread_mutex_t& mutex, std::uint32_t tid) {
  return mutex.__data.__kind == 0 ? givePlain(&mutex, tid) : giveLikePlain(&mutex, tid);
}

// What libc took we can give, and the other way round; both leave the same behind.
bool takesAsWeDo(int kind, std::uint32_t tid) {
  const int owner = static_cast<int>(tid);
  const int again = kind == PTHREAD_MUTEX_RECURSIVE_NP ? 0 : EBUSY;
  pthread_mutex_t probe = PTHREAD_MUTEX_INITIALIZER;
  probe.__data.__kind = kind;
  const auto lock = [&] { return real.pthread_mutex_lock(&probe) == 0 && reads(probe, 1, owner, 1); };
  const auto unlock = [&] { return real.pthread_mutex_unlock(&probe) == 0 && reads(probe, 0, 0, 0); };
  if (!lock() || take(probe, tid) || !unlock() || !take(probe, tid) || !reads(probe, 1, owner, 1))
    return false;
  if (real.pthread_mutex_trylock(&probe) != again) return false;
  if (again == 0 && (give(probe, tid) || real.pthread_mutex_unlock(&probe) != 0)) return false;
  if (!reads(probe, 1, owner, 1) || !unlock()) return false;
  if (real.pthread_mutex_trylock(&probe) != 0 || !reads(probe, 1, owner, 1) || !give(probe, tid))
    return false;
  if (!reads(probe, 0, 0, 0) || !lock()) return false;
  probe.__data.__lock = 2;  // somebody waits
  return !give(probe, tid) && reads(probe, 2, owner, 1) && unlock();
}

}  // namespace

unsigned gridlock::runtime::takes_no_mutex = ~0u;

void gridlock::runtime::provePlainMutex() {
  if (!areLibcs(real.pthread_mutex_lock, real.pthread_mutex_trylock, real.pthread_mutex_timedlock,
                real.pthread_mutex_clocklock, real.pthread_mutex_unlock, real.mtx_lock, real.mtx_trylock,
                real.mtx_timedlock, real.mtx_unlock)) {
    return;
  }
  const std::uint32_t tid = sys::gettid();
  if (takesAsWeDo(PTHREAD_MUTEX_NORMAL, tid) && takesAsWeDo(PTHREAD_MUTEX_ADAPTIVE_NP, tid) &&
      takesAsWeDo(PTHREAD_MUTEX_RECURSIVE_NP, tid)) {
    takes_no_mutex = 0;
  }
}

GRIDLOCK_EXPORT int pthread_mutex_init(pthread_mutex_t* mutex,
                                       const pthread_mutexattr_t* attributes) noexcept {
  initialise();
  const std::uint64_t word = *spareOfMutex(mutex);
  if (!wasDestroyed(word, addressOfMutex(mutex))) initialising(objectOfMutex(mutex), GRIDLOCK_FRAME);
  const int result = real.pthread_mutex_init(mutex, attributes);
  if (attributes == nullptr && result == 0 && isBornAgain(mutex, word, GRIDLOCK_FRAME)) return 0;
  if (result == 0) initialised(objectOfMutex(mutex), GRIDLOCK_FRAME, 0, word);
  return result;
}

GRIDLOCK_EXPORT int pthread_mutex_destroy(pthread_mutex_t* mutex) noexcept {
  initialise();
  const Object object = objectOfMutex(mutex);
  const std::uint32_t owner = ownerOfMutex(mutex);
  if (owner != kNobody) destroying(object, GRIDLOCK_FRAME, owner);
  const int result = real.pthread_mutex_destroy(mutex);
  if (result == 0 && !isForgotten(mutex)) destroyed(object);
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

// Spin locks have no room for a mark and no owner: a thread keeps the marks of the last few beside it.

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
  destroying(object, GRIDLOCK_FRAME, valueOf(lock) == kFreeSpin ? kNobody : kUnknownOwner);
  const int result = real.pthread_spin_destroy(lock);
  if (result == 0) destroyed(object);
  return result;
}

GRIDLOCK_EXPORT int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  return lockSpin(lock, RequestKind::kBlocking, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT int pthread_spin_trylock(pthread_spinlock_t* lock) noexcept {
  return lockSpin(lock, RequestKind::kTry, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT int pthread_spin_unlock(pthread_spinlock_t* lock) noexcept {
  const Frame* frame = GRIDLOCK_FRAME;
  if (!popIfNewest(tl_thread, reinterpret_cast<std::uint64_t>(lock))) [[unlikely]]
    releaseSpinSlowly(lock, frame);
  return real.pthread_spin_unlock(lock);
}
