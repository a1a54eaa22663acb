// Hand-shakes: what a thread did before it told another one to go on comes before what that one does then, as
// with a join. Posts of a semaphore that began at nothing, notifications, futex wakes.
//
// Each of them ends a segment of the thread that tells, and begins one of the thread that was told. A new
// segment makes all that its thread does look new, so only the first rounds of each object are followed, and
// so many of a thread and a process. A thread that goes on beyond that is marked: what it did in its followed
// rounds already tells nothing new there (ThreadFlag::kUnfollowed).
//
// Whom a notification reaches that nobody waits for is not known: who takes the mutex next may have come to
// look, and found that it need not wait. It counts as told once it has let the mutex go without notifying
// anybody itself.
#pragma once

#include "runtime/core/lock_table.h"

namespace gridlock::runtime {

// From now on the thread's orders are only new where they were not seen before.
void leaveUnfollowed(Thread& thread);

// The thread tells whoever waits for this lock row. `chained`: who is told for the n-th time comes behind the
// first n. False when this round is not followed.
bool tell(Thread& thread, Index lock, bool chained);
// The thread goes on because somebody told the last time, or the n-th for its n-th wait.
void wasTold(Thread& thread, Index lock);
void wasToldInTurn(Thread& thread, Index lock);
// Whether further rounds of it are followed.
bool isTold(Index lock);

// Notifications. The last one of a condition stands in its row, see LockRow::contended.
//
// A condition that nobody waits for is notified from the same place again and again: that is told once.
struct Notice {
  std::uint64_t address;
  std::uint64_t site;
  std::uint32_t thread;
  std::uint32_t settled;
};
inline constexpr std::uint64_t kNotices = 256;
extern Notice notices[kNotices] __attribute__((visibility("hidden")));
inline Notice& noticeOf(std::uint64_t address) { return notices[(address >> 4 ^ address >> 12) % kNotices]; }

void notifyingSlowly(const Object& condition, bool anybody, const Frame* frame);
// About to notify. `anybody`: somebody waits, as libc sees it.
inline __attribute__((always_inline)) void notifying(const Object& condition, bool anybody,
                                                     const Frame* frame) {
  const Thread* thread = tl_thread;
  if (!anybody) {
    const Notice& notice = noticeOf(condition.address);
    if (notice.address == condition.address && notice.site == frame->site && notice.thread == thread->index &&
        notice.settled != 0 && thread->notice == kNone) [[likely]]
      return;
  }
  notifyingSlowly(condition, anybody, frame);
}

// The thread has taken a mutex under which others notify (LockFlag::kUnderNotice).
void tookUnderNotice(Thread& thread, Index mutex);
// Before the thread asks for a lock: whether it has let that mutex go since.
void heedNoticeSlowly(Thread& thread);
inline void heedNotice(Thread& thread) {
  if (thread.notice != kNone) [[unlikely]]
    heedNoticeSlowly(thread);
}
inline void forgetNotice(Thread& thread) { thread.notice = kNone; }

void handshakesAfterFork();

}  // namespace gridlock::runtime
