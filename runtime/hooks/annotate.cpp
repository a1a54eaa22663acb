// Locks that a program makes itself, as it tells of them: gridlock/annotate.h, and the annotations that
// libraries carry for other tools (__tsan_mutex_*, AnnotateRWLock*). Those go on to a sanitizer's runtime
// when one is there.
//
// "acquiring" and "acquired" are two calls: what the first one found out waits on a small stack of the thread
// for the second. Who holds such a lock is certain only as far as the program says so; hence
//  - a thread that asks for what it holds is a self-deadlock only when the lock was created, and not as a
//    recursive one;
//  - the watcher looks, never the thread that asks: it may be a spin lock, and free.

#include <new>

#include "gridlock/annotate.h"
#include "runtime/base/arena.h"
#include "runtime/core/handover.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

enum CustomDetail : std::uint32_t { kCreated = 1u << 0, kRecursive = 1u << 1 };  // LockRow::detail

constexpr unsigned kShared = GRIDLOCK_SHARED;
constexpr unsigned kTry = GRIDLOCK_TRY;

enum TsanFlag : unsigned {
  kTsanWriteReentrant = 1u << 1,
  kTsanReadReentrant = 1u << 2,
  kTsanReadLock = 1u << 3,
  kTsanTryLock = 1u << 4,
  kTsanTryLockFailed = 1u << 5,
};

struct Pending {
  std::uint64_t address = 0;  // 0: free
  bool again = false;         // its holder asks once more
  bool is_wait = false;
  union {
    char none;
    Attempt attempt;
    PlainWait wait;
  };
  Pending() : none(0) {}
};
constexpr int kMostPending = 16;
struct PendingStack {
  int count = 0;
  Pending items[kMostPending];
};

Object custom(const volatile void* lock) {
  return {reinterpret_cast<std::uint64_t>(lock), nullptr, LockKind::kCustom, 0};
}
Object event(const volatile void* object) {
  return {reinterpret_cast<std::uint64_t>(object), nullptr, LockKind::kCondition, 0};
}

PendingStack* pendingOf(Thread& thread, bool make) {
  if (thread.pending == nullptr && make) {
    void* memory = arena.allocate(sizeof(PendingStack));
    if (memory != nullptr) thread.pending = new (memory) PendingStack;
  }
  return static_cast<PendingStack*>(thread.pending);
}

Pending* push(std::uint64_t address) {
  Thread* thread = thisThread();
  if (thread == nullptr) return nullptr;
  PendingStack* stack = pendingOf(*thread, true);
  if (stack == nullptr || stack->count == kMostPending) return nullptr;
  Pending& item = stack->items[stack->count];
  item.address = address;
  item.again = item.is_wait = false;
  return &item;
}

// What waits for the end of a request; taken off with all above it, which never ended.
Pending* pop(std::uint64_t address, bool is_wait) {
  Thread* thread = knownThread();
  PendingStack* stack = thread == nullptr ? nullptr : pendingOf(*thread, false);
  if (stack == nullptr) return nullptr;
  for (int i = stack->count; i-- > 0;) {
    if (stack->items[i].address != address || stack->items[i].is_wait != is_wait) continue;
    while (stack->count > i + 1) {
      Pending& lost = stack->items[--stack->count];
      if (lost.is_wait) {
        lost.wait.end();
      } else if (!lost.again) {
        lost.attempt.refused();
      }
    }
    stack->count = i;
    return &stack->items[i];
  }
  return nullptr;
}

std::uint32_t detailOf(const Object& object) {
  const Index lock = recordIsOurs() ? knownLock(object) : kNone;
  return lock == kNone ? 0 : current.locks[lock].detail.load(std::memory_order_relaxed);
}

// By its holder, once more: a recursive lock, or one of which we do not know that it is not.
bool isAgain(const Object& object) {
  if (!holds(object)) return false;
  const std::uint32_t detail = detailOf(object);
  return (detail & kRecursive) != 0 || (detail & kCreated) == 0;
}

void created(const volatile void* lock, const char* name, bool recursive, bool moves, const Frame* frame) {
  initialise();
  Object object = custom(lock);
  if (moves) object.flags |= gridlock::record::kHandedOver;
  const std::uint32_t detail = kCreated | (recursive ? kRecursive : 0u);
  initialised(object, frame, detail);
  named(object, name, frame, detail);
}

void destroyedCustom(const volatile void* lock, const Frame* frame) {
  initialise();
  const Object object = custom(lock);
  destroying(object, frame, kUnknownOwner);
  destroyed(object);
}

RequestKind requestOf(unsigned flags) {
  return (flags & GRIDLOCK_TRY) != 0     ? RequestKind::kTry
         : (flags & GRIDLOCK_TIMED) != 0 ? RequestKind::kTimed
                                         : RequestKind::kBlocking;
}
Mode modeOf(unsigned flags) { return (flags & GRIDLOCK_SHARED) != 0 ? Mode::kShared : Mode::kExclusive; }

void acquiring(const volatile void* lock, unsigned flags, bool recursive, const Frame* frame) {
  initialise();
  const Object object = custom(lock);
  Pending* item = push(object.address);
  if (item == nullptr) return;
  item->again = (recursive && holds(object)) || isAgain(object);
  ++static_cast<PendingStack*>(tl_thread->pending)->count;
  if (item->again) return;
  new (&item->attempt) Attempt(object, modeOf(flags), requestOf(flags), frame);
  if ((flags & GRIDLOCK_TRY) == 0) item->attempt.announce();
}

void acquired(const volatile void* lock, unsigned flags, const Frame* frame) {
  initialise();
  const Object object = custom(lock);
  if (Pending* item = pop(object.address, false); item != nullptr) {
    item->again ? takenAgain(object) : item->attempt.granted();
  } else if (holds(object)) {
    takenAgain(object);
  } else {
    Attempt(object, modeOf(flags), requestOf(flags), frame).granted();
  }
}

void notAcquired(const volatile void* lock) {
  Pending* item = pop(custom(lock).address, false);
  if (item != nullptr && !item->again) item->attempt.refused();
}

void released(const volatile void* lock, const Frame* frame) {
  initialise();
  releasedByAnybody(custom(lock), frame);
}

unsigned flagsOfTsan(unsigned flags) {
  return ((flags & kTsanReadLock) != 0 ? kShared : 0u) | ((flags & kTsanTryLock) != 0 ? kTry : 0u);
}
bool isReentrant(unsigned flags) { return (flags & (kTsanWriteReentrant | kTsanReadReentrant)) != 0; }

}  // namespace

GRIDLOCK_EXPORT void gridlock_lock_created(const volatile void* lock, const char* name, unsigned flags) {
  created(lock, name, (flags & GRIDLOCK_RECURSIVE) != 0, (flags & GRIDLOCK_MAY_MOVE) != 0, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT void gridlock_lock_destroyed(const volatile void* lock) {
  destroyedCustom(lock, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT void gridlock_lock_acquiring(const volatile void* lock, unsigned flags) {
  acquiring(lock, flags, false, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT void gridlock_lock_acquired(const volatile void* lock, unsigned flags) {
  acquired(lock, flags, GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT void gridlock_lock_not_acquired(const volatile void* lock) { notAcquired(lock); }

GRIDLOCK_EXPORT void gridlock_lock_released(const volatile void* lock) { released(lock, GRIDLOCK_FRAME); }

GRIDLOCK_EXPORT void gridlock_lock_handed_over(const volatile void* lock) {
  const Object object = custom(lock);
  released(lock, GRIDLOCK_FRAME);
  const Index row = recordIsOurs() ? knownLock(object) : kNone;
  if (row != kNone)
    __atomic_or_fetch(&current.locks[row].flags, gridlock::record::kHandedOver, __ATOMIC_RELAXED);
}

GRIDLOCK_EXPORT void gridlock_waiting(const volatile void* object, unsigned flags) {
  initialise();
  Pending* item = push(reinterpret_cast<std::uint64_t>(object));
  if (item == nullptr) return;
  item->is_wait = true;
  ++static_cast<PendingStack*>(tl_thread->pending)->count;
  new (&item->wait) PlainWait(event(object), WaitKind::kCondition, requestOf(flags), GRIDLOCK_FRAME);
}

GRIDLOCK_EXPORT void gridlock_waited(const volatile void* object) {
  if (Pending* item = pop(reinterpret_cast<std::uint64_t>(object), true); item != nullptr) item->wait.end();
}

// ------------------------------------------------------------------------------- __tsan_mutex_*

GRIDLOCK_EXPORT void __tsan_mutex_create(void* lock, unsigned flags) {
  created(lock, nullptr, isReentrant(flags), false, GRIDLOCK_FRAME);
  if (real.__tsan_mutex_create != nullptr) real.__tsan_mutex_create(lock, flags);
}

GRIDLOCK_EXPORT void __tsan_mutex_destroy(void* lock, unsigned flags) {
  destroyedCustom(lock, GRIDLOCK_FRAME);
  if (real.__tsan_mutex_destroy != nullptr) real.__tsan_mutex_destroy(lock, flags);
}

GRIDLOCK_EXPORT void __tsan_mutex_pre_lock(void* lock, unsigned flags) {
  acquiring(lock, flagsOfTsan(flags), isReentrant(flags), GRIDLOCK_FRAME);
  if (real.__tsan_mutex_pre_lock != nullptr) real.__tsan_mutex_pre_lock(lock, flags);
}

GRIDLOCK_EXPORT void __tsan_mutex_post_lock(void* lock, unsigned flags, int recursion) {
  if ((flags & kTsanTryLockFailed) != 0) {
    notAcquired(lock);
  } else {
    acquired(lock, flagsOfTsan(flags), GRIDLOCK_FRAME);
  }
  if (real.__tsan_mutex_post_lock != nullptr) real.__tsan_mutex_post_lock(lock, flags, recursion);
}

GRIDLOCK_EXPORT int __tsan_mutex_pre_unlock(void* lock, unsigned flags) {
  released(lock, GRIDLOCK_FRAME);
  return real.__tsan_mutex_pre_unlock != nullptr ? real.__tsan_mutex_pre_unlock(lock, flags) : 1;
}

GRIDLOCK_EXPORT void __tsan_mutex_post_unlock(void* lock, unsigned flags) {
  if (real.__tsan_mutex_post_unlock != nullptr) real.__tsan_mutex_post_unlock(lock, flags);
}

GRIDLOCK_EXPORT void __tsan_mutex_pre_signal(void* lock, unsigned flags) {
  if (real.__tsan_mutex_pre_signal != nullptr) real.__tsan_mutex_pre_signal(lock, flags);
}

GRIDLOCK_EXPORT void __tsan_mutex_post_signal(void* lock, unsigned flags) {
  if (real.__tsan_mutex_post_signal != nullptr) real.__tsan_mutex_post_signal(lock, flags);
}

GRIDLOCK_EXPORT void __tsan_mutex_pre_divert(void* lock, unsigned flags) {
  if (real.__tsan_mutex_pre_divert != nullptr) real.__tsan_mutex_pre_divert(lock, flags);
}

GRIDLOCK_EXPORT void __tsan_mutex_post_divert(void* lock, unsigned flags) {
  if (real.__tsan_mutex_post_divert != nullptr) real.__tsan_mutex_post_divert(lock, flags);
}

// ------------------------------------------------------------------------------ AnnotateRWLock*

GRIDLOCK_EXPORT void AnnotateRWLockCreate(const char* file, int line, const volatile void* lock) {
  created(lock, nullptr, false, false, GRIDLOCK_FRAME);
  if (real.AnnotateRWLockCreate != nullptr) real.AnnotateRWLockCreate(file, line, lock);
}

GRIDLOCK_EXPORT void AnnotateRWLockCreateStatic(const char* file, int line, const volatile void* lock) {
  created(lock, nullptr, false, false, GRIDLOCK_FRAME);
  if (real.AnnotateRWLockCreateStatic != nullptr) real.AnnotateRWLockCreateStatic(file, line, lock);
}

GRIDLOCK_EXPORT void AnnotateRWLockDestroy(const char* file, int line, const volatile void* lock) {
  destroyedCustom(lock, GRIDLOCK_FRAME);
  if (real.AnnotateRWLockDestroy != nullptr) real.AnnotateRWLockDestroy(file, line, lock);
}

GRIDLOCK_EXPORT void AnnotateRWLockAcquired(const char* file, int line, const volatile void* lock,
                                            long writes) {
  acquired(lock, writes != 0 ? 0u : kShared, GRIDLOCK_FRAME);
  if (real.AnnotateRWLockAcquired != nullptr) real.AnnotateRWLockAcquired(file, line, lock, writes);
}

GRIDLOCK_EXPORT void AnnotateRWLockReleased(const char* file, int line, const volatile void* lock,
                                            long writes) {
  released(lock, GRIDLOCK_FRAME);
  if (real.AnnotateRWLockReleased != nullptr) real.AnnotateRWLockReleased(file, line, lock, writes);
}
