// Reader-writer locks. glibc keeps the writer (by kernel id) but only a number of readers: who reads is known
// from the threads' held stacks alone.

#include <errno.h>

#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

std::uint64_t addressOf(const pthread_rwlock_t* lock) { return reinterpret_cast<std::uint64_t>(lock); }

// Bytes 16 to 23: __pad3 and __pad4, zeroed by every initialisation.
std::uint64_t* spareOf(pthread_rwlock_t* lock) { return reinterpret_cast<std::uint64_t*>(lock) + 2; }

Object objectOf(pthread_rwlock_t* lock) {
  const bool writers_first = lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
  return {addressOf(lock), spareOf(lock), writers_first ? LockKind::kRwlockPrefersWriters : LockKind::kRwlock,
          static_cast<std::uint16_t>(lock->__data.__shared != 0 ? gridlock::record::kProcessShared : 0)};
}

// __readers: bit 0 write phase, bit 1 a writer owns or waits, the rest is three times eight: readers.
std::uint32_t stateOf(const pthread_rwlock_t* lock) {
  return __atomic_load_n(&lock->__data.__readers, __ATOMIC_RELAXED);
}
std::uint32_t writerOf(const pthread_rwlock_t* lock) {
  return static_cast<std::uint32_t>(__atomic_load_n(&lock->__data.__cur_writer, __ATOMIC_RELAXED));
}

bool looksBlocked(const pthread_rwlock_t* lock, Mode mode) {
  const std::uint32_t state = stateOf(lock);
  return mode == Mode::kExclusive ? state >> 1 != 0 : (state & 2) != 0;
}

template <typename Call>
[[gnu::noinline]] int lockSlowly(pthread_rwlock_t* lock, Mode mode, RequestKind request, const Frame* frame,
                                 Call call) {
  initialise();
  Attempt attempt(objectOf(lock), mode, request, frame);
  const std::uint32_t writer = writerOf(lock);
  // libc refuses a thread that is the writer itself; it does not wait then.
  const bool refuses = attempt && writer != 0 && writer == attempt.thread()->tid;
  if (request != RequestKind::kTry && !refuses && looksBlocked(lock, mode)) attempt.mayBlock(writer);
  const int result = call();
  if (result == 0) {
    attempt.granted();
  } else {
    attempt.refused();
  }
  return result;
}

// Whether readers come and go by adding and subtracting alone; see isPlain in mutex_lock.h. Seen before the
// first use, in proveReaders.
bool counts_readers = false;

constexpr std::uint32_t kPhaseBits = 7;  // a writer owns or waits, or somebody is to be woken
constexpr std::uint32_t kReader = 8;
// So many readers that libc is to judge: it refuses those past 2^28.
constexpr std::uint32_t kTooMany = 3u << 30;

GRIDLOCK_INLINE bool enterReader(pthread_rwlock_t* lock) {
  std::uint32_t state = stateOf(lock);
  return counts_readers && (state & (kPhaseBits | kTooMany)) == 0 &&
         __atomic_compare_exchange_n(&lock->__data.__readers, &state, state + kReader, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

GRIDLOCK_INLINE bool leaveReader(pthread_rwlock_t* lock) {
  std::uint32_t state = stateOf(lock);
  return counts_readers && (state & kPhaseBits) == 0 && state >= kReader &&
         __atomic_compare_exchange_n(&lock->__data.__readers, &state, state - kReader, false,
                                     __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

template <typename Call>
[[gnu::noinline]] int lockPrepared(pthread_rwlock_t* lock, Mode mode, RequestKind request, const Frame* frame,
                                   Call call) {
  const int result = call();
  if (result == 0) [[likely]]
    raiseAfterCall(objectOf(lock), mode, request, frame);
  return result;
}

template <typename Call>
[[gnu::noinline]] int lockFromCache(pthread_rwlock_t* lock, Mode mode, RequestKind request,
                                    const Frame* frame, Call call) {
  if (!looksBlocked(lock, mode) &&
      prepareFromCache(tl_thread, addressOf(lock), *spareOf(lock), mode, request, frame)) [[likely]] {
    return lockPrepared(lock, mode, request, frame, call);
  }
  return lockSlowly(lock, mode, request, frame, call);
}

[[gnu::noinline, gnu::cold]] int finishRead(pthread_rwlock_t* lock, Raised raised, RequestKind request,
                                            const Frame* frame) {
  if (raised == Raised::kOverwritten) repairTop(objectOf(lock), Mode::kShared, request, frame);
  return raised == Raised::kToBeTimed ? sampleNewest() : 0;
}

template <typename Call>
GRIDLOCK_INLINE int lockWith(pthread_rwlock_t* lock, Mode mode, RequestKind request, const Frame* frame,
                             Call call) {
  Thread* thread = tl_thread;
  if (looksBlocked(lock, mode) || !repeats(thread, addressOf(lock), *spareOf(lock), mode, request, frame))
      [[unlikely]] {
    return lockFromCache(lock, mode, request, frame, call);
  }
  if (mode != Mode::kShared || request == RequestKind::kTimed || !enterReader(lock))
    return lockPrepared(lock, mode, request, frame, call);
  const Raised raised = raise(thread, addressOf(lock));
  return raised == Raised::kWell ? 0 : finishRead(lock, raised, request, frame);
}

// Who may be told to hold it: nobody for certain, the writer, or readers we would have to look for.
std::uint32_t ownerOf(const pthread_rwlock_t* lock) {
  if (stateOf(lock) == 0 || (stateOf(lock) >> 3 == 0 && writerOf(lock) == 0)) return kNobody;
  return writerOf(lock) != 0 ? writerOf(lock) : kUnknownOwner;
}

}  // namespace

GRIDLOCK_EXPORT int pthread_rwlock_init(pthread_rwlock_t* lock,
                                        const pthread_rwlockattr_t* attributes) noexcept {
  initialise();
  initialising(objectOf(lock), GRIDLOCK_FRAME);
  const int result = real.pthread_rwlock_init(lock, attributes);
  if (result == 0) initialised(objectOf(lock), GRIDLOCK_FRAME);
  return result;
}

GRIDLOCK_EXPORT int pthread_rwlock_destroy(pthread_rwlock_t* lock) noexcept {
  initialise();
  const Object object = objectOf(lock);
  destroying(object, GRIDLOCK_FRAME, ownerOf(lock));
  const int result = real.pthread_rwlock_destroy(lock);
  if (result == 0) destroyed(object);
  return result;
}

GRIDLOCK_EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return lockWith(lock, Mode::kShared, RequestKind::kBlocking, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_rdlock(lock); });
}

GRIDLOCK_EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  return lockWith(lock, Mode::kShared, RequestKind::kTry, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_tryrdlock(lock); });
}

GRIDLOCK_EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  return lockWith(lock, Mode::kShared, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_timedrdlock(lock, until); });
}

GRIDLOCK_EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                                               const timespec* until) noexcept {
  return lockWith(lock, Mode::kShared, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_clockrdlock(lock, clock, until); });
}

GRIDLOCK_EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return lockWith(lock, Mode::kExclusive, RequestKind::kBlocking, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_wrlock(lock); });
}

GRIDLOCK_EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  return lockWith(lock, Mode::kExclusive, RequestKind::kTry, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_trywrlock(lock); });
}

GRIDLOCK_EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* until) noexcept {
  return lockWith(lock, Mode::kExclusive, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_timedwrlock(lock, until); });
}

GRIDLOCK_EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                                               const timespec* until) noexcept {
  return lockWith(lock, Mode::kExclusive, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_rwlock_clockwrlock(lock, clock, until); });
}

void gridlock::runtime::proveReaders() {
  if (!areLibcs(real.pthread_rwlock_rdlock, real.pthread_rwlock_tryrdlock, real.pthread_rwlock_timedrdlock,
                real.pthread_rwlock_clockrdlock, real.pthread_rwlock_wrlock, real.pthread_rwlock_trywrlock,
                real.pthread_rwlock_timedwrlock, real.pthread_rwlock_clockwrlock,
                real.pthread_rwlock_unlock)) {
    return;
  }
  pthread_rwlock_t probe = PTHREAD_RWLOCK_INITIALIZER;
  const auto reads = [&](std::uint32_t state) { return stateOf(&probe) == state && writerOf(&probe) == 0; };
  counts_readers = true;
  counts_readers = reads(0) && enterReader(&probe) && real.pthread_rwlock_rdlock(&probe) == 0 &&
                   reads(2 * kReader) && leaveReader(&probe) && real.pthread_rwlock_unlock(&probe) == 0 &&
                   reads(0) && real.pthread_rwlock_rdlock(&probe) == 0 && leaveReader(&probe) && reads(0) &&
                   enterReader(&probe) && real.pthread_rwlock_trywrlock(&probe) == EBUSY &&
                   real.pthread_rwlock_unlock(&probe) == 0 && reads(0) &&
                   real.pthread_rwlock_trywrlock(&probe) == 0 && !enterReader(&probe) &&
                   !leaveReader(&probe) && real.pthread_rwlock_unlock(&probe) == 0;
  probe.__data.__readers = kTooMany;
  counts_readers = counts_readers && !enterReader(&probe);
}

[[gnu::noinline]] static int unlockSlowly(pthread_rwlock_t* lock, const Frame* frame) {
  initialise();
  releasing(objectOf(lock), frame, ownerOf(lock));
  return real.pthread_rwlock_unlock(lock);
}

GRIDLOCK_EXPORT int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  const Frame* frame = GRIDLOCK_FRAME;
  if (!popIfNewest(tl_thread, addressOf(lock))) [[unlikely]]
    return unlockSlowly(lock, frame);
  return leaveReader(lock) ? 0 : real.pthread_rwlock_unlock(lock);
}
