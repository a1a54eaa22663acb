// Locking and unlocking a mutex, for the pthread and the C11 names alike. What a mutex is, who holds it and
// whether it is free is read from glibc's own fields, which have kept their places since 2.4. Eight bytes of
// the list that robust mutexes alone use are ours.
//
// A plain mutex (adaptive and recursive ones too) that is free is taken, and one that nobody waits for is
// given, by the same few stores that libc would do: two calls less is what pays for the rest. libc's own
// functions see no difference; that this is so is tried out on a mutex of our own before the first use
// (provePlainMutex), and left to libc where it is not, or where somebody else's wrapper stands between us and
// libc. Whoever has to wait, or to wake, does it in libc.
#pragma once

#include <errno.h>
#include <pthread.h>

#include "runtime/hooks/fast_path.h"

namespace gridlock::runtime {

enum MutexKindBits : int { kTypeMask = 3, kRobustBit = 16, kInheritBit = 32, kSharedBit = 128 };

// 0 once libc was seen to take and give a mutex as we know it, else all ones. See provePlainMutex.
extern unsigned takes_no_mutex __attribute__((visibility("hidden")));
void provePlainMutex();

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

// Whether we may take and give it ourselves, as libc would: a plain mutex of this process alone, and
// nobody's wrapper between us and libc.
GRIDLOCK_INLINE bool isPlain(const pthread_mutex_t* mutex) {
  constexpr unsigned kNoElision = 512;
  return ((static_cast<unsigned>(mutex->__data.__kind) | takes_no_mutex) & ~kNoElision) == 0;
}

// What libc's own functions do to a plain mutex that is free. False when it is not.
GRIDLOCK_INLINE bool takePlain(pthread_mutex_t* mutex, std::uint32_t tid) {
  int free = 0;
  if (!__atomic_compare_exchange_n(&mutex->__data.__lock, &free, 1, false, __ATOMIC_ACQUIRE,
                                   __ATOMIC_RELAXED)) [[unlikely]] {
    return false;
  }
  mutex->__data.__owner = static_cast<int>(tid);
  ++mutex->__data.__nusers;
  return true;
}

// False when somebody waits for it: then nothing is changed, and libc is to give it and wake him.
GRIDLOCK_INLINE bool givePlain(pthread_mutex_t* mutex, std::uint32_t tid) {
  // A word that is free already (somebody else has given it) is libc's to judge: its new owner may be
  // writing.
  if (__atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED) != 1) [[unlikely]]
    return false;
  mutex->__data.__owner = 0;
  --mutex->__data.__nusers;
  int taken = 1;
  if (__atomic_compare_exchange_n(&mutex->__data.__lock, &taken, 0, false, __ATOMIC_RELEASE,
                                  __ATOMIC_RELAXED)) [[likely]] {
    return true;
  }
  mutex->__data.__owner = static_cast<int>(tid);
  ++mutex->__data.__nusers;
  return false;
}

// Two more kinds that libc takes so when they are free: an adaptive mutex by the very same stores; a
// recursive one counts its holder's acquisitions, and we take and give the first of them only.
GRIDLOCK_INLINE int kindOf(const pthread_mutex_t* mutex) { return mutex->__data.__kind; }
GRIDLOCK_INLINE bool isLikePlain(const pthread_mutex_t* mutex) {
  return takes_no_mutex == 0 &&
         (kindOf(mutex) == PTHREAD_MUTEX_RECURSIVE_NP || kindOf(mutex) == PTHREAD_MUTEX_ADAPTIVE_NP);
}

GRIDLOCK_INLINE bool takeLikePlain(pthread_mutex_t* mutex, std::uint32_t tid) {
  if (kindOf(mutex) != PTHREAD_MUTEX_RECURSIVE_NP) return takePlain(mutex, tid);
  int free = 0;
  if (!__atomic_compare_exchange_n(&mutex->__data.__lock, &free, 1, false, __ATOMIC_ACQUIRE,
                                   __ATOMIC_RELAXED)) {
    return false;
  }
  mutex->__data.__count = 1;
  asm volatile("" ::: "memory");  // a signal handler that finds us to be its owner counts on
  mutex->__data.__owner = static_cast<int>(tid);
  ++mutex->__data.__nusers;
  return true;
}

// False when libc is to do it: then nothing is changed.
GRIDLOCK_INLINE bool giveLikePlain(pthread_mutex_t* mutex, std::uint32_t tid) {
  if (kindOf(mutex) != PTHREAD_MUTEX_RECURSIVE_NP) return givePlain(mutex, tid);
  if (mutex->__data.__count != 1 || mutex->__data.__owner != static_cast<int>(tid)) return false;
  mutex->__data.__count = 0;
  if (givePlain(mutex, tid)) return true;
  mutex->__data.__count = 1;
  return false;
}

[[gnu::noinline, gnu::cold]] inline int repairMutex(pthread_mutex_t* mutex, RequestKind request,
                                                    const Frame* frame, int result) {
  repairTop(objectOfMutex(mutex), Mode::kExclusive, request, frame);
  return result;
}

// Any other mutex than a plain one, when everything is prepared.
template <typename Call>
[[gnu::noinline]] int lockOther(pthread_mutex_t* mutex, RequestKind request, const Frame* frame, Call call) {
  if (request != RequestKind::kTimed && isLikePlain(mutex)) {
    Thread* thread = tl_thread;
    if (!takeLikePlain(mutex, thread->tid)) [[unlikely]]
      return lockMutexSlowly(mutex, request, frame, call);
    const Raised raised = raise(thread, addressOfMutex(mutex));
    if (raised == Raised::kWell) [[likely]]
      return 0;
    return raised == Raised::kOverwritten ? repairMutex(mutex, request, frame, 0) : sampleNewest();
  }
  if (__atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED) != 0) [[unlikely]]
    return lockMutexSlowly(mutex, request, frame, call);
  const int result = call();
  if (result != 0 && result != EOWNERDEAD) [[unlikely]]
    return result;
  const Raised raised = raise(tl_thread, addressOfMutex(mutex));
  if (raised == Raised::kOverwritten) [[unlikely]]
    return repairMutex(mutex, request, frame, result);
  if (raised == Raised::kToBeTimed) [[unlikely]]
    sampleNewest();
  return result;
}

// After repeats() or prepareFromCache(). Whatever is out of the ordinary is the last call of its path, so
// that the ordinary one saves no registers.
template <bool is_at_exactly = false, typename Call>
GRIDLOCK_INLINE int lockPrepared(Thread* thread, pthread_mutex_t* mutex, RequestKind request,
                                 const Frame* frame, Call call) {
  if (request == RequestKind::kTimed || !isPlain(mutex)) [[unlikely]]
    return lockOther(mutex, request, frame, call);
  if (!takePlain(mutex, thread->tid)) [[unlikely]]
    return lockMutexSlowly(mutex, request, frame, call);
  const Raised raised = raise<is_at_exactly>(thread, addressOfMutex(mutex));
  if (raised == Raised::kWell) [[likely]]
    return 0;
  return raised == Raised::kOverwritten ? repairMutex(mutex, request, frame, 0) : sampleNewest();
}

template <typename Call>
[[gnu::noinline]] int lockMutexFromCache(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                                         Call call) {
  Thread* thread = tl_thread;
  if (prepareFromCache(thread, addressOfMutex(mutex), *spareOfMutex(mutex), Mode::kExclusive, request, frame))
      [[likely]] {
    return lockPrepared(thread, mutex, request, frame, call);
  }
  return lockMutexSlowly(mutex, request, frame, call);
}

template <typename Call>
[[gnu::noinline]] int lockKnownMutex(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                                     Call call) {
  Thread* thread = tl_thread;
  if (prepareKnown(thread, addressOfMutex(mutex), *spareOfMutex(mutex), Mode::kExclusive, request, frame))
      [[likely]] {
    return lockPrepared(thread, mutex, request, frame, call);
  }
  return lockMutexFromCache(mutex, request, frame, call);
}

template <typename Call>
[[gnu::noinline]] int lockKnownDeep(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                                    std::uint64_t site, Call call) {
  Thread* thread = tl_thread;
  if (prepareDeep(thread, site, addressOfMutex(mutex), *spareOfMutex(mutex), Mode::kExclusive, request,
                  frame)) [[likely]] {
    return lockPrepared(thread, mutex, request, frame, call);
  }
  return lockMutexSlowly(mutex, request, frame, call);
}

// These save few registers, unlike the general cases.
template <typename Call>
[[gnu::noinline]] int lockDeep(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                               std::uint64_t mark, Thread* thread, Call call) {
  const WrapperCall* wrapper = wrapperCall(frame->site);
  if (wrapper == nullptr) return lockKnownMutex(mutex, request, frame, call);
  const std::uint64_t site = deepPlace(*thread, frame, wrapper);
  if (repeatsDeep(thread, site, addressOfMutex(mutex), mark, Mode::kExclusive, request, frame))
    return lockPrepared(thread, mutex, request, frame, call);
  if (prepareRecent(thread, mark, Mode::kExclusive, request, frame, site)) [[likely]]
    return lockPrepared<true>(thread, mutex, request, frame, call);
  return lockKnownDeep(mutex, request, frame, site, call);
}

template <typename Call>
[[gnu::noinline]] int lockRecent(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                                 std::uint64_t mark, Thread* thread, Call call) {
  if (mayBeWrapperCall(frame->site)) return lockDeep(mutex, request, frame, mark, thread, call);
  if (prepareRecent(thread, mark, Mode::kExclusive, request, frame, frame->site)) [[likely]]
    return lockPrepared<true>(thread, mutex, request, frame, call);
  return lockKnownMutex(mutex, request, frame, call);
}

template <typename Call>
[[gnu::noinline]] int lockOneOfMany(pthread_mutex_t* mutex, RequestKind request, const Frame* frame,
                                    Call call) {
  Thread* thread = tl_thread;
  if (prepareOneOfMany(thread, addressOfMutex(mutex), *spareOfMutex(mutex), Mode::kExclusive, request, frame))
      [[likely]] {
    return lockPrepared(thread, mutex, request, frame, call);
  }
  return lockKnownMutex(mutex, request, frame, call);
}

template <typename Call>
GRIDLOCK_INLINE int lockMutex(pthread_mutex_t* mutex, RequestKind request, const Frame* frame, Call call) {
  Thread* thread = tl_thread;
  const std::uint64_t mark = *spareOfMutex(mutex);
  if (repeats(thread, addressOfMutex(mutex), mark, Mode::kExclusive, request, frame)) [[likely]]
    return lockPrepared(thread, mutex, request, frame, call);
  if (thread->gate() == 0) [[unlikely]]
    return lockMutexSlowly(mutex, request, frame, call);
  if (lastWasOneOfMany(thread, frame)) return lockOneOfMany(mutex, request, frame, call);
  return lockRecent(mutex, request, frame, mark, thread, call);
}

template <typename Call>
[[gnu::noinline]] int unlockMutexSlowly(pthread_mutex_t* mutex, const Frame* frame, Call call) {
  initialise();
  releasing(objectOfMutex(mutex), frame, ownerOfMutex(mutex));
  return call();
}

template <typename Call>
[[gnu::noinline]] int unlockOther(pthread_mutex_t* mutex, Thread* thread, Call call) {
  return isLikePlain(mutex) && giveLikePlain(mutex, thread->tid) ? 0 : call();
}

// The slow half is a function of its own, so that the fast one saves no registers.
template <typename Call>
GRIDLOCK_INLINE int unlockMutex(pthread_mutex_t* mutex, const Frame* frame, Call call) {
  Thread* thread = tl_thread;
  if (popIfNewest(thread, addressOfMutex(mutex))) [[likely]] {
    if (isPlain(mutex) && givePlain(mutex, thread->tid)) [[likely]]
      return 0;
    return unlockOther(mutex, thread, call);
  }
  return unlockMutexSlowly(mutex, frame, call);
}

}  // namespace gridlock::runtime
