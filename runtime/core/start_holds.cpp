// See start_holds.h. Programs start most of their threads at their beginning: the first 64 such holds of a
// process are followed. A hold that ends in another way than by an unlock of its thread (inside a condition
// wait, by another thread) never gets its segment, and orders nothing.

#include "runtime/core/start_holds.h"

#include "runtime/base/spinlock.h"
#include "runtime/core/lock_table.h"

namespace gridlock::runtime {
namespace {

constexpr std::uint32_t kMostHolds = 64;  // bits of Thread::born_under

struct Hold {
  Index thread;
  Index lock;
  std::atomic<Index> segment;  // that its end closed; kNone before
};
Hold holds[kMostHolds];
std::uint32_t hold_count = 0;
SpinLock hold_lock{LockRank::kVerdict};

// A lock that nobody but its holder gives back, held so that nobody else has it meanwhile.
bool keepsOthersOut(const Shadow& shadow) {
  if (shadow.mode != static_cast<std::uint8_t>(record::Mode::kExclusive)) return false;
  const record::LockRow& row = current.locks[shadow.lock];
  if ((row.flags & (record::kHandedOver | record::kProcessShared)) != 0) return false;
  switch (row.kind) {
    case record::LockKind::kMutex:
    case record::LockKind::kRecursiveMutex:
    case record::LockKind::kErrorCheckMutex:
    case record::LockKind::kAdaptiveMutex:
    case record::LockKind::kRwlock:
    case record::LockKind::kRwlockPrefersWriters:
    case record::LockKind::kSpinlock:
      return true;
    default:
      return false;
  }
}

// With hold_lock held. kMostHolds when there is none.
std::uint32_t openHold(Index thread, Index lock) {
  for (std::uint32_t i = hold_count; i-- > 0;) {
    const Hold& hold = holds[i];
    if (hold.thread == thread && hold.lock == lock && hold.segment.load(std::memory_order_relaxed) == kNone)
      return i;
  }
  return kMostHolds;
}

}  // namespace

std::uint64_t holdsAtStart(Thread& starter) {
  std::uint64_t bits = 0;
  for (std::uint32_t i = starter.held(); i-- > 0;) {
    Shadow& shadow = *heldAt(starter, i).shadow;
    if (shadow.lock == kNone || !keepsOthersOut(shadow)) continue;
    SpinGuard guard(hold_lock);
    std::uint32_t number = kMostHolds;
    if ((shadow.flags & kShadowStarted) != 0) number = openHold(starter.index, shadow.lock);
    if (number == kMostHolds) {
      if (hold_count == kMostHolds) continue;
      number = hold_count++;
      holds[number].thread = starter.index;
      holds[number].lock = shadow.lock;
      holds[number].segment.store(kNone, std::memory_order_relaxed);
      keepLock(shadow.lock);
      shadow.flags |= kShadowStarted;
      shadow.held_at |= kUnlockSlowly;
    }
    bits |= std::uint64_t{1} << number;
  }
  return bits;
}

void endHoldAtStart(Thread& starter, Index lock) {
  {
    SpinGuard guard(hold_lock);
    const std::uint32_t number = openHold(starter.index, lock);
    if (number == kMostHolds) return;
    holds[number].segment.store(endOfSegment(starter, kNone), std::memory_order_release);
  }
  startSegment(starter, kNone);
}

void tookOneHeldAtStart(Thread& thread, Index lock) {
  for (std::uint64_t left = thread.born_under; left != 0; left &= left - 1) {
    const auto number = static_cast<std::uint32_t>(__builtin_ctzll(left));
    if (holds[number].lock != lock) continue;
    thread.born_under &= ~(std::uint64_t{1} << number);
    const Index segment = holds[number].segment.load(std::memory_order_acquire);
    if (segment != kNone) startSegment(thread, segment);
  }
}

void startHoldsAfterFork() {
  hold_lock.reset();
  hold_count = 0;
}

}  // namespace gridlock::runtime
