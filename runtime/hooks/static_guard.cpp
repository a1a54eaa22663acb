// Guards of static locals: the Itanium C++ ABI, section 3.3.3. A guard is a lock that its thread holds until
// the initialiser has ended, by return or by exception.
//
// The C++ runtime library may come after us and be in nobody's scope but that of a library that dlopen
// loaded: then there is no next function to call. To look for it at the first call would take the loader's
// lock, which a thread inside dlopen may hold while it waits for this one; and dlclose may take the library
// away again. So the protocol, which is short, is also here. Its words are those of libstdc++, whose own
// functions a library that was loaded with RTLD_DEEPBIND calls for the same guard.

#include <limits.h>
#include <linux/futex.h>

#include "runtime/base/sys.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
namespace sys = gridlock::sys;

namespace {

constexpr int kDone = 1;
constexpr int kPending = 1 << 8;
constexpr int kWaitedFor = 1 << 16;

Object guardObject(void* guard) {
  return {reinterpret_cast<std::uint64_t>(guard), nullptr, gridlock::record::LockKind::kStaticGuard, 0};
}

int acquireHere(int* word) {
  for (;;) {
    int seen = 0;
    if (__atomic_compare_exchange_n(word, &seen, kPending, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      return 1;
    if (seen & kDone) return 0;
    const int waited_for = seen | kWaitedFor;
    if (seen != waited_for &&
        !__atomic_compare_exchange_n(word, &seen, waited_for, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      continue;
    sys::call(SYS_futex, sys::asLong(word), FUTEX_WAIT, waited_for);
  }
}

void releaseHere(int* word, int result) {
  if (__atomic_exchange_n(word, result, __ATOMIC_ACQ_REL) & kWaitedFor)
    sys::call(SYS_futex, sys::asLong(word), FUTEX_WAKE, INT_MAX);
}

int acquire(long* guard) {
  return real.__cxa_guard_acquire != nullptr ? real.__cxa_guard_acquire(guard)
                                             : acquireHere(reinterpret_cast<int*>(guard));
}

}  // namespace

GRIDLOCK_EXPORT int __cxa_guard_acquire(long* guard) {
  initialise();
  const auto* bytes = reinterpret_cast<const volatile unsigned char*>(guard);
  if (bytes[0] != 0) return acquire(guard);
  Attempt attempt(guardObject(guard), Mode::kExclusive, RequestKind::kBlocking, GRIDLOCK_FRAME);
  if (bytes[1] != 0 || bytes[2] != 0) attempt.mayBlock(kNobody);
  const int result = acquire(guard);
  result != 0 ? attempt.granted() : attempt.refused();
  return result;
}

GRIDLOCK_EXPORT void __cxa_guard_release(long* guard) noexcept {
  initialise();
  forgetHeld(guardObject(guard));
  real.__cxa_guard_release != nullptr ? real.__cxa_guard_release(guard)
                                      : releaseHere(reinterpret_cast<int*>(guard), kDone);
}

GRIDLOCK_EXPORT void __cxa_guard_abort(long* guard) noexcept {
  initialise();
  forgetHeld(guardObject(guard));
  real.__cxa_guard_abort != nullptr ? real.__cxa_guard_abort(guard)
                                    : releaseHere(reinterpret_cast<int*>(guard), 0);
}
