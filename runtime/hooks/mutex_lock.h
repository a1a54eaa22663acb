// Locking and unlocking a mutex, for the pthread and the C11 names alike. What a mutex is, who holds it and
// whether it is free is read from glibc's own fields, which have kept their places since 2.4; none of them is
// ever written, but the eight bytes of the list that robust mutexes alone use.
#pragma once

#include <errno.h>
#include <pthread.h>

#include "runtime/hooks/fast_path.h"

namespace gridlock::runtime {

enum MutexKindBits : int { kTypeMask = 3, kRobustBit = 16, kInheritBit = 32, kSharedBit = 128 };

inline std::uint64_t addressOfMutex(const pthread_mutex_t* mutex) {
  return reinterpret_cast<std::uint64_t>(mutex);
}

// Bytes 24 to 31: __list.__prev.
inline std::uint64_t* spareOfMutex(pthread_mutex_t* mutex) {
  return reinterpret_cast<std::uint64_t*>(mutex) + 3;
}

inline Object objectOfMutex(pthread_mutex_t* mutex) {
  using record::LockKind;
  static constexpr LockKind kKinds[] = {LockKind::kMutex, LockKind::kRecursiveMutex,
                                        LockKind::kErrorCheckMutex, LockKind::kAdaptiveMutex};
  const int kind = mutex->__data.__kind;
  std::uint16_t flags = 0;
  if (kind >= 0) {
    if ((kind & kRobustBit) != 0) flags |= record::kRobust;
    if ((kind & kInheritBit) != 0) flags |= record::kPriorityInherit;
    if ((kind & kSharedBit) != 0) flags |= record::kProcessShared;
  }
  return {addressOfMutex(mutex), spareOfMutex(mutex), kKinds[kind & kTypeMask], flags};
}

// The kernel id of its holder, or kNobody, or kUnknownOwner (core/events.h).
inline std::uint32_t ownerOfMutex(const pthread_mutex_t* mutex) {
  constexpr std::uint32_t kTidMask = 0x3fffffff;
  const int word = __atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED);
  if (word == 0 || mutex->__data.__kind < 0) return kNobody;
  if ((mutex->__data.__kind & (kRobustBit | kInheritBit)) != 0)
    return static_cast<std::uint32_t>(word) & kTidMask;
  const auto owner = static_cast<std::uint32_t>(__atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED));
  return owner == 0 ? kUnknownOwner : owner;
}

template <typename Call>
[[gnu::noinline]] int lockMutexSlowly(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                                      Call call) {
  initialise();
  const Object object = objectOfMutex(mutex);
  const std::uint32_t owner = ownerOfMutex(mutex);
  Thread* self = thisThread();
  const bool own = self != nullptr && owner == self->tid;
  if (own && object.kind == record::LockKind::kRecursiveMutex) {
    const int result = call();
    if (result == 0) takenAgain(object);
    return result;
  }
  Attempt attempt(object, Mode::kExclusive, request, frame);
  const bool refuses = own && object.kind == record::LockKind::kErrorCheckMutex;
  // Anew: somebody may have taken it while the request was written down.
  const std::uint32_t now = ownerOfMutex(mutex);
  if (now != kNobody && request != RequestKind::kTry && !refuses) {
    attempt.mayBlock(now == kUnknownOwner ? kNobody : now);
  }
  const int result = call();
  if (result == 0 || result == EOWNERDEAD) {
    attempt.granted();
  } else {
    attempt.refused();
  }
  return result;
}

[[gnu::noinline, gnu::cold]] inline int repairMutex(pthread_mutex_t* mutex, RequestKind request,
                                                    const Frame* frame, int result) {
  repairTop(objectOfMutex(mutex), Mode::kExclusive, request, frame);
  return result;
}

// After prepare().
template <typename Call>
__attribute__((always_inline)) inline int lockPrepared(pthread_mutex_t* mutex, RequestKind request,
                                                       const Frame* frame, Call call) {
  const int result = call();
  if (result == 0 || result == EOWNERDEAD) [[likely]] {
    if (!raise(addressOfMutex(mutex))) [[unlikely]]
      return repairMutex(mutex, request, frame, result);
  }
  return result;
}

template <typename Call>
[[gnu::noinline]] int lockMutexFromCache(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                                         std::uint64_t key, Call call) {
  if (prepareFromCache(addressOfMutex(mutex), *spareOfMutex(mutex), Mode::kExclusive, request, frame, key))
      [[likely]] {
    return lockPrepared(mutex, request, frame, call);
  }
  return lockMutexSlowly(mutex, request, frame, call);
}

template <typename Call>
__attribute__((always_inline)) inline int lockMutex(pthread_mutex_t* mutex, RequestKind request,
                                                    const Frame* frame, Call call) {
  if (__atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED) != 0) [[unlikely]]
    return lockMutexSlowly(mutex, request, frame, call);
  std::uint64_t key = 0;
  const Prepared prepared =
      prepare(addressOfMutex(mutex), *spareOfMutex(mutex), Mode::kExclusive, request, frame, key);
  if (prepared == Prepared::kYes) [[likely]]
    return lockPrepared(mutex, request, frame, call);
  if (prepared == Prepared::kLookInCache) return lockMutexFromCache(mutex, request, frame, key, call);
  return lockMutexSlowly(mutex, request, frame, call);
}

template <typename Call>
[[gnu::noinline]] int unlockMutexSlowly(pthread_mutex_t* mutex, const Frame* frame, Call call) {
  initialise();
  releasing(objectOfMutex(mutex), frame, ownerOfMutex(mutex));
  return call();
}

// The slow half is a function of its own, so that the fast one saves no registers.
template <typename Call>
__attribute__((always_inline)) inline int unlockMutex(pthread_mutex_t* mutex, const Frame* frame, Call call) {
  if (popIfNewest(addressOfMutex(mutex))) [[likely]]
    return call();
  return unlockMutexSlowly(mutex, frame, call);
}

}  // namespace gridlock::runtime
