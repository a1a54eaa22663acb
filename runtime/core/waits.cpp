// Waits that a thread publishes, and those for conditions, joins, semaphores and barriers; see events.h.

#include "runtime/base/sys.h"
#include "runtime/core/clock.h"
#include "runtime/core/events.h"
#include "runtime/core/handshakes.h"
#include "runtime/core/lock_order_edges.h"
#include "runtime/core/progress.h"
#include "runtime/core/wait_graph.h"

namespace gridlock::runtime {

using record::LockRow;

// Waits on, not notified: a broadcast wakes one after the other, and those it has not come to yet still
// sleep. It has come to all of them a while later. Looked at so a few times only; beyond that nothing is
// said.
static bool waitsOnAtItsCondition(const record::ThreadRow& row) {
  constexpr std::uint32_t kMostLooks = 16;
  constexpr std::uint64_t kAWhile = 5'000'000;
  static std::atomic<std::uint32_t> looks{0};
  const std::uint32_t serial = row.wait_serial.load(std::memory_order_acquire);
  if (serial % 2 == 0 || !sleepsAtItsCondition(row) || looks.fetch_add(1) >= kMostLooks) return false;
  sys::sleepNs(kAWhile);
  return row.wait_serial.load(std::memory_order_acquire) == serial && sleepsAtItsCondition(row);
}

void Wait::begin(Thread& thread, WaitKind kind, Index wait_for, std::uint64_t address, std::uint32_t how,
                 Index stack, Index mutex) {
  record::ThreadRow& row = *thread.row;
  const std::uint32_t serial = row.wait_serial.load(std::memory_order_relaxed);
  outer.kind = WaitKind::kNone;
  if (serial % 2 != 0 && thread.wait_depth != 0) {
    outer = {static_cast<WaitKind>(row.wait_kind.load(std::memory_order_relaxed)),
             row.wait_for.load(std::memory_order_relaxed),
             row.wait_how.load(std::memory_order_relaxed),
             row.wait_stack.load(std::memory_order_relaxed),
             row.wait_mutex.load(std::memory_order_relaxed),
             row.wait_address.load(std::memory_order_relaxed),
             row.wait_since_ns.load(std::memory_order_relaxed)};
  }
  ++thread.wait_depth;
  since = nowNs();
  published = true;
  row.wait_serial.store((serial | 1) + 1, std::memory_order_release);
  row.wait_kind.store(static_cast<std::uint32_t>(kind), std::memory_order_release);
  row.wait_for.store(wait_for, std::memory_order_relaxed);
  row.wait_how.store(how, std::memory_order_relaxed);
  row.wait_stack.store(stack, std::memory_order_relaxed);
  row.wait_mutex.store(mutex, std::memory_order_relaxed);
  row.wait_address.store(address, std::memory_order_relaxed);
  row.wait_since_ns.store(since, std::memory_order_relaxed);
  row.wait_serial.store((serial | 1) + 2, std::memory_order_release);
}

std::uint64_t Wait::end(Thread& thread) {
  if (!published) return 0;
  published = false;
  record::ThreadRow& row = *thread.row;
  const std::uint32_t serial = row.wait_serial.load(std::memory_order_relaxed);
  row.wait_serial.store((serial | 1) + 1, std::memory_order_release);
  row.wait_kind.store(static_cast<std::uint32_t>(outer.kind), std::memory_order_release);
  if (thread.wait_depth != 0) --thread.wait_depth;
  ++thread.notified;
  if (outer.kind != WaitKind::kNone) {
    row.wait_for.store(outer.wait_for, std::memory_order_relaxed);
    row.wait_how.store(outer.how, std::memory_order_relaxed);
    row.wait_stack.store(outer.stack, std::memory_order_relaxed);
    row.wait_mutex.store(outer.mutex, std::memory_order_relaxed);
    row.wait_address.store(outer.address, std::memory_order_relaxed);
    row.wait_since_ns.store(outer.since, std::memory_order_relaxed);
    row.wait_serial.store((serial | 1) + 2, std::memory_order_release);
  }
  return nowNs() - since;
}

ConditionWait::ConditionWait(const Object& condition, const Object& mutex, std::uint32_t mutex_owner,
                             RequestKind request, const Frame* frame)
    : thread_(thisThread()), mutex_(mutex) {
  if (thread_ == nullptr) return;
  Inside inside(thread_);
  Thread& thread = *thread_;
  bool was_destroyed = false;
  const Index cond_row = lockOf(thread, condition, was_destroyed);
  const Index mutex_row = lockOf(thread, mutex, was_destroyed);
  if (cond_row == kNone || mutex_row == kNone) {
    thread_ = nullptr;
    return;
  }
  condition_ = cond_row;
  forgetNotice(thread);
  const Stack stack = stackOfWait(thread, frame);
  LockRow& row = current.locks[cond_row];
  noteFirstUse(row, stack.index, frame->site);
  keepLock(cond_row);
  keepLock(mutex_row);
  std::uint32_t position = 0;
  const Held held = findHeld(thread, mutex.address, position);
  if (held.entry == nullptr && mutex_owner != thread.tid && mutex_owner != kUnknownOwner) {
    wrongUse(thread, {.kind = EventKind::kWaitWithoutMutex,
                      .lock = mutex_row,
                      .stack = stack.index,
                      .other_thread = mutex_owner == kNobody ? kNone : threadByTid(mutex_owner),
                      .other_lock = cond_row});
  }
  const Index before = row.detail.exchange(mutex_row, std::memory_order_relaxed);
  if (before != kNone && before != mutex_row) {
    const record::RecordView view = viewRecord();
    for (Index i = 1; i < view.end(Table::kThreads); ++i) {
      const record::ThreadRow& other = *view.thread(i);
      if (i == thread.index || other.wait_serial.load(std::memory_order_acquire) % 2 == 0 ||
          other.wait_kind.load(std::memory_order_relaxed) !=
              static_cast<std::uint32_t>(WaitKind::kCondition) ||
          other.wait_for.load(std::memory_order_relaxed) != cond_row ||
          other.wait_mutex.load(std::memory_order_relaxed) == mutex_row || !waitsOnAtItsCondition(other)) {
        continue;
      }
      wrongUse(thread, {.kind = EventKind::kWaitOtherMutex,
                        .lock = mutex_row,
                        .stack = stack.index,
                        .other_thread = i,
                        .other_lock = cond_row,
                        .other_stack = other.wait_stack.load(std::memory_order_relaxed),
                        .detail = other.wait_mutex.load(std::memory_order_relaxed)});
      break;
    }
  }
  if (held.entry != nullptr && held.entry->recursion == 0) {
    finishSample(*held.entry, *held.shadow->section);
    shadow_ = *held.shadow;
    entry_.site = held.entry->site;
    entry_.stack = held.entry->stack;
    held_ = true;
    removeHeld(thread, position);
    if (thread.held() != 0)
      addRequest(thread, mutex_row, howOf(Mode::kExclusive, RequestKind::kBlocking), stack);
  }
  chainOf(thread);
  stack_ = stack.index;
  wait_.begin(thread, WaitKind::kCondition, cond_row, condition.address, howOf(Mode::kExclusive, request),
              stack.index, mutex_row);
}

void ConditionWait::end(bool holds_mutex, bool notified) {
  if (!isStillRecorded(thread_)) return;
  Inside inside(thread_);
  Thread& thread = *thread_;
  const std::uint64_t blocked = wait_.end(thread);
  thread_->row->blocked_ns.fetch_add(blocked, std::memory_order_relaxed);
  if (thread.held() != 0) noteBlocking(thread, record::BlockingCall::kCondition, blocked, nullptr, stack_);
  if (notified) wasTold(thread, condition_);
  if (!held_ || !holds_mutex) return;
  if (thread.top == thread.limit && !growHeld(thread)) return;
  pushHeld(thread, situation(thread.hash(), 2, shadow_.lock, entry_.site, 2), shadow_.address(),
           shadow_.section, shadow_.lock, std::uint32_t{shadow_.mode}, entry_.site, entry_.stack,
           static_cast<std::uint16_t>(shadow_.flags & kShadowExact));
}

PlainWait::PlainWait(WaitKind kind, Index wait_for, std::uint64_t address, RequestKind request,
                     const Frame* frame)
    : thread_(thisThread()) {
  if (thread_ == nullptr) return;
  Inside inside(thread_);
  Thread& thread = *thread_;
  const Stack stack = stackOfWait(thread, frame);
  chainOf(thread);
  stack_ = stack.index;
  if (kind == WaitKind::kJoin) {
    call_ = record::BlockingCall::kJoin;
    if (request == RequestKind::kBlocking) addJoin(thread, wait_for, stack);
  }
  wait_.begin(thread, kind, wait_for, address, howOf(Mode::kExclusive, request), stack.index);
  if (kind == WaitKind::kJoin && request == RequestKind::kBlocking) lookBeforeBlocking(thread, kNobody);
}

PlainWait::PlainWait(const Object& object, WaitKind kind, RequestKind request, const Frame* frame)
    : thread_(thisThread()) {
  if (thread_ == nullptr) return;
  Inside inside(thread_);
  Thread& thread = *thread_;
  bool was_destroyed = false;
  // A futex call from within a wait that is known by a better name.
  const bool within =
      kind == WaitKind::kFutex && thread.row->wait_serial.load(std::memory_order_relaxed) % 2 != 0;
  const Index lock = within ? kNone : lockOf(thread, object, was_destroyed);
  if (lock == kNone) {
    thread_ = nullptr;
    return;
  }
  const Stack stack = stackOfWait(thread, frame);
  LockRow& row = current.locks[lock];
  noteFirstUse(row, stack.index, frame->site);
  keepLock(lock);
  chainOf(thread);
  stack_ = stack.index;
  wait_.begin(thread, kind, lock, object.address, howOf(Mode::kExclusive, request), stack.index);
}

void PlainWait::end() {
  if (!isStillRecorded(thread_)) return;
  Inside inside(thread_);
  const std::uint64_t blocked = wait_.end(*thread_);
  thread_->row->blocked_ns.fetch_add(blocked, std::memory_order_relaxed);
  if (thread_->held() != 0) noteBlocking(*thread_, call_, blocked, nullptr, stack_);
}

}  // namespace gridlock::runtime
