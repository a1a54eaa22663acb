// Mutexes and spin locks. What a mutex is, who holds it and whether it is free is read from glibc's own
// fields, which have kept their places since 2.4; none of them is ever written, but the eight bytes of
// the list that robust mutexes alone use.

#include <errno.h>

#include "runtime/hooks/mutex.h"

#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

enum KindBits : int { kTypeMask = 3, kRobustBit = 16, kInheritBit = 32, kSharedBit = 128 };

std::uint64_t addressOf(const pthread_mutex_t* mutex) { return reinterpret_cast<std::uint64_t>(mutex); }

// Bytes 24 to 31: __list.__prev.
std::uint64_t* spareOf(pthread_mutex_t* mutex) { return reinterpret_cast<std::uint64_t*>(mutex) + 3; }

Object objectOf(pthread_mutex_t* mutex) {
  static constexpr LockKind kKinds[] = {LockKind::kMutex, LockKind::kRecursiveMutex,
                                        LockKind::kErrorCheckMutex, LockKind::kAdaptiveMutex};
  const int kind = mutex->__data.__kind;
  std::uint16_t flags = 0;
  if (kind >= 0) {
    if ((kind & kRobustBit) != 0) flags |= gridlock::record::kRobust;
    if ((kind & kInheritBit) != 0) flags |= gridlock::record::kPriorityInherit;
    if ((kind & kSharedBit) != 0) flags |= gridlock::record::kProcessShared;
  }
  return {addressOf(mutex), spareOf(mutex), kKinds[kind & kTypeMask], flags};
}

std::uint32_t ownerOf(const pthread_mutex_t* mutex) {
  constexpr std::uint32_t kTidMask = 0x3fffffff;
  const int word = __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED);
  if (word == 0) return kNobody;
  if ((mutex->__data.__kind & (kRobustBit | kInheritBit)) != 0)
    return static_cast<std::uint32_t>(word) & kTidMask;
  const auto owner = static_cast<std::uint32_t>(__atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED));
  return owner == 0 ? kUnknownOwner : owner;
}

bool looksFree(const pthread_mutex_t* mutex) {
  return __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED) == 0;
}

bool isTakenBy(int result) { return result == 0 || result == EOWNERDEAD; }

template <typename Call>
[[gnu::noinline]] int lockSlowly(pthread_mutex_t* mutex, RequestKind request, const Frame* frame, Call call) {
  initialise();
  const Object object = objectOf(mutex);
  const std::uint32_t owner = ownerOf(mutex);
  Thread* self = thisThread();
  if (self != nullptr && owner == self->tid && object.kind == LockKind::kRecursiveMutex) {
    const int result = call();
    if (result == 0) takenAgain(object);
    return result;
  }
  Attempt attempt(object, Mode::kExclusive, request, frame);
  const bool refuses = self != nullptr && owner == self->tid && object.kind == LockKind::kErrorCheckMutex;
  if (owner != kNobody && request != RequestKind::kTry && !refuses) {
    attempt.mayBlock(owner == kUnknownOwner ? kNobody : owner);
  }
  const int result = call();
  if (isTakenBy(result)) {
    attempt.granted();
  } else {
    attempt.refused();
  }
  return result;
}

template <typename Call>
inline __attribute__((always_inline)) int lockWith(pthread_mutex_t* mutex, RequestKind request,
                                                   const Frame* frame, Call call) {
  if (looksFree(mutex)) {
    if (const Repetition now = repeats(addressOf(mutex), *spareOf(mutex), Mode::kExclusive, request, frame)) {
      const int result = call();
      if (result == 0) [[likely]] {
        push(now, addressOf(mutex), Mode::kExclusive, request, frame);
      } else if (result == EOWNERDEAD) {
        push(now, addressOf(mutex), Mode::kExclusive, request, frame);
      }
      return result;
    }
  }
  return lockSlowly(mutex, request, frame, call);
}

[[gnu::noinline]] int unlockSlowly(pthread_mutex_t* mutex, const Frame* frame) {
  initialise();
  releasing(objectOf(mutex), frame, ownerOf(mutex));
  return real.pthread_mutex_unlock(mutex);
}

Object objectOf(pthread_spinlock_t* lock) {
  return {reinterpret_cast<std::uint64_t>(lock), nullptr, LockKind::kSpinlock, 0};
}

}  // namespace

namespace gridlock::runtime {
Object objectOfMutex(pthread_mutex_t* mutex) { return objectOf(mutex); }
std::uint32_t ownerOfMutex(const pthread_mutex_t* mutex) { return ownerOf(mutex); }
}  // namespace gridlock::runtime

GRIDLOCK_EXPORT int pthread_mutex_init(pthread_mutex_t* mutex,
                                       const pthread_mutexattr_t* attributes) noexcept {
  initialise();
  const int result = real.pthread_mutex_init(mutex, attributes);
  if (result == 0) initialised(objectOf(mutex), GRIDLOCK_FRAME);
  return result;
}

GRIDLOCK_EXPORT int pthread_mutex_destroy(pthread_mutex_t* mutex) noexcept {
  initialise();
  const Object object = objectOf(mutex);
  destroying(object, GRIDLOCK_FRAME, mutex->__data.__kind < 0 ? kNobody : ownerOf(mutex));
  const int result = real.pthread_mutex_destroy(mutex);
  if (result == 0) destroyed(object);
  return result;
}

GRIDLOCK_EXPORT int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  return lockWith(mutex, RequestKind::kBlocking, GRIDLOCK_FRAME,
                  [=] { return real.pthread_mutex_lock(mutex); });
}

GRIDLOCK_EXPORT int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return lockWith(mutex, RequestKind::kTry, GRIDLOCK_FRAME,
                  [=] { return real.pthread_mutex_trylock(mutex); });
}

GRIDLOCK_EXPORT int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  return lockWith(mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_mutex_timedlock(mutex, until); });
}

GRIDLOCK_EXPORT int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                                            const timespec* until) noexcept {
  return lockWith(mutex, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_mutex_clocklock(mutex, clock, until); });
}

GRIDLOCK_EXPORT int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const Frame* frame = GRIDLOCK_FRAME;
  if (popIfNewest(addressOf(mutex), frame->site)) [[likely]]
    return real.pthread_mutex_unlock(mutex);
  return unlockSlowly(mutex, frame);
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
