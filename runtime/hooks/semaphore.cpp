// Semaphores: counters, signals, and locks.
//
// Whose turn it is to post is not known: a wait for a semaphore may be ended by any thread and is published
// as such. But one that starts at one, and is posted by those who waited for it, is a lock: while it has been
// nothing else, the thread that passed it holds it, and it takes part in lock orders. The first post by
// another thread, or by one that did not wait, ends that for good.
//
// Only semaphores that were seen to be initialised with one are followed so: a mark in bytes that libc does
// not use says so. All others cost a look at that mark, and nothing more while they need not wait. One that
// starts at nothing is a signal: by another mark, what was done before its posts comes before what waited for
// them (core/handshakes.h).

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>

#include "runtime/core/handover.h"
#include "runtime/core/handshakes.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

std::uint64_t addressOf(const sem_t* semaphore) { return reinterpret_cast<std::uint64_t>(semaphore); }

// Bytes 16 to 23, which glibc leaves alone; nobody zeroes them.
std::uint64_t* spareOf(sem_t* semaphore) { return reinterpret_cast<std::uint64_t*>(semaphore) + 2; }

// glibc: the value is in the low half of the first word, `private` (128 when shared) in the third.
bool isZero(sem_t* semaphore) {
  return static_cast<std::uint32_t>(
             __atomic_load_n(reinterpret_cast<std::uint64_t*>(semaphore), __ATOMIC_RELAXED)) == 0;
}
bool isShared(const sem_t* semaphore) { return reinterpret_cast<const int*>(semaphore)[2] != 0; }

bool isMarked(sem_t* semaphore) {
  return static_cast<std::uint32_t>(*spareOf(semaphore) >> 32) == tagOf(addressOf(semaphore));
}

// The mark of one that began at nothing: another tag; the row's number, and whether its rounds are used up.
constexpr std::uint32_t kSignalTag = 1u << 30;
constexpr std::uint64_t kUsedUp = 1;
bool isSignal(sem_t* semaphore) {
  return static_cast<std::uint32_t>(*spareOf(semaphore) >> 32) == (tagOf(addressOf(semaphore)) ^ kSignalTag);
}

[[gnu::noinline]] void signalled(sem_t* semaphore, bool posted) {
  const std::uint64_t word = *spareOf(semaphore);
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  if ((word & kUsedUp) != 0 && (thread->row->flags & gridlock::record::kUnfollowed) != 0) return;
  const int saved = errno;
  Inside inside(thread);
  const Index lock = static_cast<Index>(word) >> 1;
  posted ? void(tell(*thread, lock, true)) : wasToldInTurn(*thread, lock);
  if (!isTold(lock)) *spareOf(semaphore) = word | kUsedUp;
  errno = saved;
}

Object objectOf(sem_t* semaphore) {
  return {addressOf(semaphore), isMarked(semaphore) ? spareOf(semaphore) : nullptr, LockKind::kSemaphore,
          static_cast<std::uint16_t>(isShared(semaphore) ? gridlock::record::kProcessShared : 0)};
}

constexpr std::uint32_t kFollowed = 1;  // LockRow::detail of a shared one

[[gnu::noinline]] bool isSharedAndFollowed(sem_t* semaphore) {
  if (!recordIsOurs()) return false;
  const Index lock = knownLock(objectOf(semaphore));
  return lock != kNone && current.locks[lock].detail.load(std::memory_order_relaxed) == kFollowed &&
         (current.locks[lock].flags & gridlock::record::kHandedOver) == 0;
}
inline __attribute__((always_inline)) bool isFollowed(sem_t* semaphore) {
  return isMarked(semaphore) || (isShared(semaphore) && isSharedAndFollowed(semaphore));
}

void waitCancelled(void* attempt) { static_cast<Attempt*>(attempt)->refused(); }
void plainWaitCancelled(void* wait) { static_cast<PlainWait*>(wait)->end(); }

template <typename Call>
[[gnu::noinline]] int waitPlainly(sem_t* semaphore, RequestKind request, const Frame* frame, Call call) {
  PlainWait wait(objectOf(semaphore), WaitKind::kSemaphore, request, frame);
  int result;
  pthread_cleanup_push(plainWaitCancelled, &wait);
  result = call();
  pthread_cleanup_pop(0);
  wait.end();
  if (result == 0 && isSignal(semaphore)) signalled(semaphore, false);
  return result;
}

template <typename Call>
[[gnu::noinline]] int waitAsLock(sem_t* semaphore, RequestKind request, const Frame* frame, Call call) {
  initialise();
  const Object object = objectOf(semaphore);
  Attempt attempt(object, Mode::kExclusive, request, frame);
  if (request != RequestKind::kTry && isZero(semaphore)) attempt.mayBlock(kNobody, WaitKind::kSemaphore);
  int result;
  pthread_cleanup_push(waitCancelled, &attempt);
  result = call();
  pthread_cleanup_pop(0);
  if (result != 0) {
    attempt.refused();
  } else if (holds(object)) {
    attempt.refused();
    countsFromNowOn(object);  // posted by somebody else, unseen
  } else {
    attempt.granted();
  }
  return result;
}

template <typename Call>
inline __attribute__((always_inline)) int waitWith(sem_t* semaphore, RequestKind request, const Frame* frame,
                                                   Call call) {
  if (!isFollowed(semaphore)) [[likely]] {
    if (request == RequestKind::kTry || !isZero(semaphore)) {
      ++tl_thread->notified;
      const int result = call();
      if (isSignal(semaphore) && result == 0) signalled(semaphore, false);
      return result;
    }
    return waitPlainly(semaphore, request, frame, call);
  }
  if (!isZero(semaphore) && isMarked(semaphore)) {
    Thread* thread = tl_thread;
    const std::uint64_t mark = *spareOf(semaphore);
    const std::uint64_t address = addressOf(semaphore);
    if (repeats(thread, address, mark, Mode::kExclusive, request, frame) ||
        prepareFromCache(thread, address, mark, Mode::kExclusive, request, frame)) {
      // A thread that took our last hold away (core/handover.h) may have come too late, and wiped this entry.
      thread->entryOf(thread->top)->lock.store(static_cast<Index>(mark), std::memory_order_relaxed);
      const int result = call();
      if (result == 0) raiseAfterCall(objectOf(semaphore), Mode::kExclusive, request, frame);
      return result;
    }
  }
  return waitAsLock(semaphore, request, frame, call);
}

void initialisedWith(sem_t* semaphore, unsigned value, const Frame* frame) {
  Object object = objectOf(semaphore);
  object.spare = nullptr;
  if (value == 1 && !isShared(semaphore)) {
    *spareOf(semaphore) = 0;
    object.spare = spareOf(semaphore);
  }
  if (isSignal(semaphore)) *spareOf(semaphore) = 0;
  initialised(object, frame, value == 1 && isShared(semaphore) ? kFollowed : 0);
  if (value != 0 || isShared(semaphore) || knownThread() == nullptr) return;
  if (const std::uint64_t lock = knownLock(object); lock != kNone)
    *spareOf(semaphore) = std::uint64_t{tagOf(addressOf(semaphore)) ^ kSignalTag} << 32 | lock << 1;
}

}  // namespace

GRIDLOCK_EXPORT int sem_init(sem_t* semaphore, int shared, unsigned value) noexcept {
  initialise();
  const int result = real.sem_init(semaphore, shared, value);
  if (result == 0) initialisedWith(semaphore, value, GRIDLOCK_FRAME);
  return result;
}

GRIDLOCK_EXPORT int sem_destroy(sem_t* semaphore) noexcept {
  initialise();
  const Object object = objectOf(semaphore);
  const int result = real.sem_destroy(semaphore);
  if (result == 0) destroyed(object);
  return result;
}

GRIDLOCK_EXPORT sem_t* sem_open(const char* name, int flags, ...) noexcept {
  initialise();
  mode_t mode = 0;
  unsigned value = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    value = va_arg(arguments, unsigned);
    va_end(arguments);
  }
  sem_t* semaphore = real.sem_open(name, flags, mode, value);
  if (semaphore != SEM_FAILED) {
    int now = 0;
    sem_getvalue(semaphore, &now);
    named(objectOf(semaphore), name, GRIDLOCK_FRAME, now == 1 ? kFollowed : 0);
  }
  return semaphore;
}

GRIDLOCK_EXPORT int sem_wait(sem_t* semaphore) {
  initialise();
  return waitWith(semaphore, RequestKind::kBlocking, GRIDLOCK_FRAME,
                  [=] { return real.sem_wait(semaphore); });
}

GRIDLOCK_EXPORT int sem_trywait(sem_t* semaphore) noexcept {
  initialise();
  return waitWith(semaphore, RequestKind::kTry, GRIDLOCK_FRAME, [=] { return real.sem_trywait(semaphore); });
}

GRIDLOCK_EXPORT int sem_timedwait(sem_t* semaphore, const timespec* until) {
  initialise();
  return waitWith(semaphore, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.sem_timedwait(semaphore, until); });
}

GRIDLOCK_EXPORT int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* until) {
  initialise();
  return waitWith(semaphore, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.sem_clockwait(semaphore, clock, until); });
}

GRIDLOCK_EXPORT int sem_post(sem_t* semaphore) noexcept {
  const Frame* frame = GRIDLOCK_FRAME;
  initialise();
  if (isFollowed(semaphore)) {
    if (!popIfNewest(tl_thread, addressOf(semaphore))) posting(objectOf(semaphore), frame);
  } else if (isSignal(semaphore)) {
    signalled(semaphore, true);
  }
  return real.sem_post(semaphore);
}
