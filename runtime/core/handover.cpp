// See handover.h.

#include "runtime/core/handover.h"

#include "gridlock/record_view.h"
#include "runtime/core/events.h"
#include "runtime/core/lock_order_edges.h"

namespace gridlock::runtime {

void dropTakenAwaySlowly(Thread& thread) {
  thread.row->taken_away.store(0, std::memory_order_relaxed);
  for (std::uint32_t i = thread.held(); i-- > 0;) {
    const Held held = heldAt(thread, i);
    if (held.entry->lock.load(std::memory_order_acquire) == kNone && held.shadow->lock != kNone) {
      removeHeld(thread, i);
    }
  }
}

bool takeAway(const Thread& self, Index lock) {
  const record::RecordView view = viewRecord();
  bool any = false;
  for (Index i = 1; i < view.end(Table::kThreads); ++i) {
    record::ThreadRow& row = current.threads[i];
    if (i == self.index || row.held_count.load(std::memory_order_relaxed) == 0) continue;
    view.eachHeld(row, [&](const record::HeldEntry& entry, std::uint32_t) {
      Index expected = lock;
      if (entry.lock.load(std::memory_order_relaxed) != lock) return true;
      auto& cell = const_cast<std::atomic<std::uint32_t>&>(entry.lock);
      if (!cell.compare_exchange_strong(expected, kNone, std::memory_order_acq_rel)) return true;
      row.taken_away.store(1, std::memory_order_release);
      any = true;
      return false;
    });
  }
  return any;
}

void releasedByAnybody(const Object& object, const Frame* frame) {
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  dropTakenAway(*thread);
  std::uint32_t position = 0;
  const Held held = findHeld(*thread, object.address, position);
  if (held.entry != nullptr) {
    giveBack(*thread, held, position, frame);
    return;
  }
  const Index lock = knownLock(object);
  if (lock == kNone) return;
  if (takeAway(*thread, lock))
    __atomic_or_fetch(&current.locks[lock].flags, record::kHandedOver, __ATOMIC_RELAXED);
}

void countsFromNowOn(const Object& object) {
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  const Index lock = knownLock(object);
  if (lock == kNone) return;
  __atomic_or_fetch(&current.locks[lock].flags, record::kHandedOver, __ATOMIC_RELAXED);
  takeAway(*thread, lock);
  std::uint32_t position = 0;
  if (findHeld(*thread, object.address, position).entry != nullptr) removeHeld(*thread, position);
  unmarkLock(object, lock);
}

void posting(const Object& object, const Frame* frame) {
  if (holds(object)) {
    releasedByAnybody(object, frame);
  } else {
    countsFromNowOn(object);
  }
}

}  // namespace gridlock::runtime
