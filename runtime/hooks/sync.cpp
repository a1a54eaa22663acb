// Barriers, once flags, FILE locks, and futex calls made by hand.
//
// A wait for a barrier or a futex may be ended by any thread: it is published as such and takes no part in
// lock orders. Who runs an initialiser is known: a once flag is a lock that this thread holds until
// the initialiser has ended, by return, exception or cancellation.

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "runtime/core/handshakes.h"
#include "runtime/core/phases.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/once_cleanup.h"
#include "runtime/hooks/real.h"
#include "runtime/hooks/sandbox.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

template <typename T>
Object plainObject(T* object, LockKind kind, bool shared = false) {
  return {reinterpret_cast<std::uint64_t>(object), nullptr, kind,
          static_cast<std::uint16_t>(shared ? gridlock::record::kProcessShared : 0)};
}

// glibc: `shared` is in the fourth word (0: for this process alone).
Object objectOf(pthread_barrier_t* barrier) {
  return plainObject(barrier, LockKind::kBarrier, reinterpret_cast<int*>(barrier)[3] != 0);
}

// Once flags.

struct Once {
  void (*routine)();
  Attempt* attempt;
  Object object;
  Once* outer;
};
__thread Once* running_once __attribute__((tls_model("initial-exec"))) = nullptr;

void endOnce(void* value) {
  auto* once = static_cast<Once*>(value);
  forgetHeld(once->object);
}

void runOnce() {
  Once* once = running_once;
  running_once = once->outer;
  once->attempt->granted();
  gridlock_call_then(once->routine, endOnce, once);
}

template <typename Control, typename Call>
auto onceWith(Control* control, void (*routine)(), const Frame* frame, Call call) {
  constexpr int kDone = 2;
  if ((__atomic_load_n(reinterpret_cast<int*>(control), __ATOMIC_ACQUIRE) & 3) == kDone) {
    // In another schedule the caller waits for the initialiser, with all its locks.
    if (const Thread* thread = tl_thread; thread->epoch == *alive && thread->held() != 0) [[unlikely]]
      askedFor(plainObject(control, LockKind::kOnce), frame);
    return call(routine);
  }
  initialise();
  const Object object = plainObject(control, LockKind::kOnce);
  Attempt attempt(object, Mode::kExclusive, RequestKind::kBlocking, frame);
  if (!attempt) return call(routine);
  const bool runs = (__atomic_load_n(reinterpret_cast<int*>(control), __ATOMIC_ACQUIRE) & 3) == 1;
  if (runs) attempt.mayBlock(kNobody);
  Once once{routine, &attempt, object, running_once};
  running_once = &once;
  if constexpr (std::is_void_v<decltype(call(runOnce))>) {
    call(runOnce);
    running_once = once.outer;
    attempt.refused();  // does nothing after granted
  } else {
    const auto result = call(runOnce);
    running_once = once.outer;
    attempt.refused();
    return result;
  }
}

// Futexes: who is woken comes behind who woke it.
void waking(const Object& object) {
  Thread* thread = recordIsOurs() ? thisThread() : nullptr;
  if (thread == nullptr) return;
  const int saved = errno;
  Inside inside(thread);
  bool was_destroyed = false;
  if (const Index lock = lockOf(*thread, object, was_destroyed); lock != kNone) tell(*thread, lock, false);
  errno = saved;
}
void woken(const Object& object) {
  Thread* thread = knownThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  if (const Index lock = knownLock(object); lock != kNone) wasTold(*thread, lock);
}

}  // namespace

GRIDLOCK_EXPORT int pthread_barrier_init(pthread_barrier_t* barrier, const pthread_barrierattr_t* attributes,
                                         unsigned count) noexcept {
  initialise();
  const int result = real.pthread_barrier_init(barrier, attributes, count);
  if (result == 0) {
    int shared = PTHREAD_PROCESS_PRIVATE;
    if (attributes != nullptr) pthread_barrierattr_getpshared(attributes, &shared);
    initialised(plainObject(barrier, LockKind::kBarrier, shared == PTHREAD_PROCESS_SHARED), GRIDLOCK_FRAME,
                count);
  }
  return result;
}

GRIDLOCK_EXPORT int pthread_barrier_destroy(pthread_barrier_t* barrier) noexcept {
  initialise();
  const int result = real.pthread_barrier_destroy(barrier);
  if (result == 0) destroyed(objectOf(barrier));
  return result;
}

GRIDLOCK_EXPORT int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  initialise();
  const Object object = objectOf(barrier);
  PlainWait wait(object, WaitKind::kBarrier, RequestKind::kBlocking, GRIDLOCK_FRAME);
  const Phase phase = arriving(object);
  const int result = real.pthread_barrier_wait(barrier);
  wait.end();
  passed(phase);
  return result;
}

GRIDLOCK_EXPORT int pthread_once(pthread_once_t* control, void (*routine)()) {
  return onceWith(control, routine, GRIDLOCK_FRAME, [=](void (*run)()) {
    initialise();
    return real.pthread_once(control, run);
  });
}

GRIDLOCK_EXPORT void call_once(once_flag* flag, void (*routine)()) {
  onceWith(flag, routine, GRIDLOCK_FRAME, [=](void (*run)()) {
    initialise();
    real.call_once(flag, run);
  });
}

// The lock of a FILE, taken by hand. libc's own calls of it are not seen.

GRIDLOCK_EXPORT void flockfile(FILE* file) noexcept {
  initialise();
  const Object object = plainObject(file, LockKind::kFile);
  if (holds(object)) {
    real.flockfile(file);
    takenAgain(object);
    return;
  }
  Attempt attempt(object, Mode::kExclusive, RequestKind::kBlocking, GRIDLOCK_FRAME);
  if (real.ftrylockfile(file) != 0) {
    attempt.mayBlock(kNobody);
    real.flockfile(file);
  }
  attempt.granted();
}

GRIDLOCK_EXPORT int ftrylockfile(FILE* file) noexcept {
  initialise();
  const Object object = plainObject(file, LockKind::kFile);
  if (holds(object)) {
    const int again = real.ftrylockfile(file);
    if (again == 0) takenAgain(object);
    return again;
  }
  Attempt attempt(object, Mode::kExclusive, RequestKind::kTry, GRIDLOCK_FRAME);
  const int result = real.ftrylockfile(file);
  result == 0 ? attempt.granted() : attempt.refused();
  return result;
}

GRIDLOCK_EXPORT void funlockfile(FILE* file) noexcept {
  initialise();
  const Object object = plainObject(file, LockKind::kFile);
  if (holds(object)) releasing(object, GRIDLOCK_FRAME, kUnknownOwner);
  real.funlockfile(file);
}

// C++20's atomic waits, semaphores, latches and barriers, futures, and many libraries of their own.

GRIDLOCK_EXPORT long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  initialise();
  const int operation = static_cast<int>(a[1]) & FUTEX_CMD_MASK;
  if (number == SYS_seccomp || number == SYS_prctl) noteRestriction(number, a);
  if (number == SYS_futex && (operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET))
    waking(plainObject(reinterpret_cast<void*>(a[0]), LockKind::kFutex));
  if (number != SYS_futex || (operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)) {
    return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  }
  const bool is_private = (a[1] & FUTEX_PRIVATE_FLAG) != 0;
  // libstdc++ waits without the private flag, though only for its own process.
  (void)is_private;
  const Object object = plainObject(reinterpret_cast<void*>(a[0]), LockKind::kFutex);
  PlainWait wait(object, WaitKind::kFutex, a[3] != 0 ? RequestKind::kTimed : RequestKind::kBlocking,
                 GRIDLOCK_FRAME);
  const long result = real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  wait.end();
  if (result == 0 || errno == EAGAIN) woken(object);
  return result;
}
