// See handshakes.h.

#include "runtime/core/handshakes.h"

#include "runtime/base/table.h"
#include "runtime/core/events.h"
#include "runtime/core/init.h"
#include "runtime/core/situations.h"

namespace gridlock::runtime {
namespace {

constexpr std::uint32_t kMostRounds = 16;
constexpr std::uint32_t kMostTales = 1024;
constexpr std::uint32_t kMostOfThread = 128;
constexpr std::uint32_t kMostOfProcess = 2048;

// What was told about one lock row.
struct Tale {
  std::uint32_t rounds;
  std::uint32_t waits;
  Index last[kMostRounds];  // kSegments
};

InternTable numbers;  // kLocks row -> number of its tale
Tale* tales = nullptr;
std::uint32_t tale_count = 0;
std::uint32_t rounds_in_all = 0;
SpinLock tale_lock{LockRank::kVerdict};

std::uint64_t keyOf(Index lock) { return mix(lock, 0x7461'6c65'0000'0001u); }

// With tale_lock held.
Tale* taleOf(Index lock, bool make) {
  if (tales == nullptr) {
    if (!make) return nullptr;
    tales = static_cast<Tale*>(arena.allocate(sizeof(Tale) * kMostTales));
    if (tales == nullptr) return nullptr;
  }
  std::uint32_t number = numbers.find(keyOf(lock));
  if (number == 0) {
    if (!make || tale_count + 1 >= kMostTales) return nullptr;
    number = ++tale_count;
    tales[number] = {};
    numbers.insert(keyOf(lock), number);
    keepLock(lock);
  }
  return &tales[number];
}

// A segment that the thread's own stands behind already.
bool isKnownTo(const Thread& thread, Index segment) {
  constexpr int kSteps = 8;
  Index at = thread.row->segment.load(std::memory_order_relaxed);
  for (int i = 0; i < kSteps && at != kNone; ++i) {
    const record::SegmentRow& row = current.segments[at];
    if (row.thread != thread.index) return false;
    if (row.other == segment) return true;
    at = row.previous;
  }
  return false;
}

bool mayFollow(const Thread& thread) {
  return thread.handshakes < kMostOfThread && rounds_in_all < kMostOfProcess;
}

void goOnAfter(Thread& thread, Index segment) {
  if (segment == kNone || current.segments[segment].thread == thread.index || isKnownTo(thread, segment))
    return;
  ++thread.handshakes;
  startSegment(thread, segment);
}

// Where the caller notifies; the stack is taken once for each place.
Index stackOfNotice(Thread& thread, const Frame* frame) {
  constexpr Index kNoticeKey = kAnyLock - 2;
  const std::uint64_t key = situation(0, 2, kNoticeKey, frame->site, reinterpret_cast<std::uint64_t>(frame));
  if (const CacheEntry* known = findInCache(thread, key); known != nullptr) return known->stack();
  const Index stack = stackAt(thread, frame, placeOf(thread, frame), kNone).index;
  remember(thread, key, cacheValue(kNone, stack));
  return stack;
}

// The mutex of a condition: that of its waiters; else the newest one the thread holds, or has just let go.
Index mutexOf(Thread& thread, const record::LockRow& condition) {
  const Index known = condition.detail.load(std::memory_order_relaxed);
  if (known != kNone) return known;
  const Shadow& shadow = thread.held() != 0 ? *heldAt(thread, thread.held() - 1).shadow : *thread.top;
  if (shadow.lock == kNone) return kNone;
  const record::LockKind kind = current.locks[shadow.lock].kind;
  return kind == record::LockKind::kMutex || kind == record::LockKind::kRecursiveMutex ||
                 kind == record::LockKind::kErrorCheckMutex || kind == record::LockKind::kAdaptiveMutex
             ? shadow.lock
             : kNone;
}

// The segment of the newest round also stands for the mutex.
void tellUnder(Index mutex, Index condition) {
  SpinGuard guard(tale_lock);
  const Tale* told = taleOf(condition, false);
  Tale* tale = told == nullptr || told->rounds == 0 ? nullptr : taleOf(mutex, true);
  if (tale == nullptr) return;
  tale->last[0] = told->last[told->rounds - 1];
  tale->rounds = 1;
  __atomic_or_fetch(&current.locks[mutex].flags, record::kUnderNotice, __ATOMIC_RELAXED);
}

}  // namespace

Notice notices[kNotices];

void leaveUnfollowed(Thread& thread) {
  if ((thread.row->flags & record::kUnfollowed) != 0) return;
  __atomic_or_fetch(&thread.row->flags, record::kUnfollowed, __ATOMIC_RELAXED);
  startSegment(thread, kNone);
}

bool tell(Thread& thread, Index lock, bool chained) {
  bool followed = false;
  {
    SpinGuard guard(tale_lock);
    Tale* tale = mayFollow(thread) ? taleOf(lock, true) : nullptr;
    if (tale != nullptr && tale->rounds < kMostRounds) {
      const Index before = chained && tale->rounds != 0 ? tale->last[tale->rounds - 1] : kNone;
      tale->last[tale->rounds] = endOfSegment(thread, before);
      followed = tale->last[tale->rounds] != kNone;
      if (followed) ++tale->rounds, ++rounds_in_all;
    }
  }
  if (followed) {
    ++thread.handshakes;
    startSegment(thread, kNone);
  } else {
    leaveUnfollowed(thread);
  }
  return followed;
}

bool isTold(Index lock) {
  SpinGuard guard(tale_lock);
  const Tale* tale = taleOf(lock, false);
  return rounds_in_all < kMostOfProcess &&
         (tale == nullptr ? tale_count + 1 < kMostTales : tale->rounds < kMostRounds);
}

void wasTold(Thread& thread, Index lock) {
  Index segment = kNone;
  bool followed = true;
  {
    SpinGuard guard(tale_lock);
    const Tale* tale = taleOf(lock, false);
    if (tale != nullptr && tale->rounds != 0) segment = tale->last[tale->rounds - 1];
    followed = mayFollow(thread) && (tale == nullptr || tale->rounds < kMostRounds);
  }
  if (segment != kNone) goOnAfter(thread, segment);
  if (!followed) leaveUnfollowed(thread);
}

void wasToldInTurn(Thread& thread, Index lock) {
  Index segment = kNone;
  bool followed = false;
  {
    SpinGuard guard(tale_lock);
    Tale* tale = taleOf(lock, false);
    if (tale != nullptr && tale->waits < tale->rounds) {
      segment = tale->last[tale->waits++];
      followed = mayFollow(thread);
    }
  }
  if (followed) {
    goOnAfter(thread, segment);
  } else {
    leaveUnfollowed(thread);
  }
}

void notifyingSlowly(const Object& condition, bool anybody, const Frame* frame) {
  if (!recordIsOurs() || (condition.flags & record::kProcessShared) != 0) return;
  Thread* self = thisThread();
  if (self == nullptr) return;
  Inside inside(self);
  Thread& thread = *self;
  bool was_destroyed = false;
  const Index lock = lockOf(thread, condition, was_destroyed);
  if (lock == kNone) return;
  record::LockRow& row = current.locks[lock];
  const Index stack = stackOfNotice(thread, frame);
  keepLock(lock);
  row.reserved = stack;
  row.contended.store(thread.index | (anybody ? 0 : record::kUnheard), std::memory_order_release);
  const Index mutex = mutexOf(thread, row);
  if (mutex != kNone && mutex == thread.notice_mutex) thread.notice = kNone;  // it came to tell, not to look
  const bool followed = tell(thread, lock, false);
  if (followed && mutex != kNone) tellUnder(mutex, lock);
  Notice& notice = noticeOf(condition.address);
  notice.settled = 0;
  notice.address = condition.address;
  notice.site = frame->site;
  notice.thread = thread.index;
  notice.settled = anybody || followed ? 0 : 1;
}

void tookUnderNotice(Thread& thread, Index mutex) {
  SpinGuard guard(tale_lock);
  const Tale* tale = taleOf(mutex, false);
  if (tale == nullptr || tale->rounds == 0 || !mayFollow(thread)) return;
  const Index segment = tale->last[0];
  if (current.segments[segment].thread == thread.index || isKnownTo(thread, segment)) return;
  thread.notice = segment;
  thread.notice_mutex = mutex;
}

void heedNoticeSlowly(Thread& thread) {
  for (std::uint32_t i = thread.held(); i-- > 0;) {
    if (heldAt(thread, i).shadow->lock == thread.notice_mutex) return;
  }
  const Index segment = thread.notice;
  thread.notice = kNone;
  goOnAfter(thread, segment);
}

void handshakesAfterFork() {
  numbers.afterFork();
  tales = nullptr;
  tale_count = 0;
  rounds_in_all = 0;
  tale_lock.reset();
  for (Notice& notice : notices) notice = {};
}

}  // namespace gridlock::runtime
