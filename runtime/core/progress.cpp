// See progress.h.
//
// Starvation: a long wait, during which others took the lock again and again. A queue in which everybody has
// one turn is none, however long: the takes count by thread.
//
// Livelock: threads that each hold a lock, fail to get the next by try, let go and begin anew, and so keep
// each other from getting on. A ring of them is looked for among ThreadRow::failed_*; that they go on failing
// is seen by looking several times. A thread that gets the lock it tried for has made progress: then its
// critical section there counts one more. When none of the ring has made any for long, the program hangs.

#include "runtime/core/progress.h"

#include "runtime/base/table.h"
#include "runtime/core/clock.h"
#include "runtime/core/handover.h"
#include "runtime/core/init.h"
#include "runtime/core/options.h"
#include "runtime/core/speak.h"

namespace gridlock::runtime {
namespace {

using record::BlockingCall;
using record::SectionRow;

constexpr std::uint64_t kMillisecond = 1'000'000;

// Sections of a lock, linked by number: next_section[s] is the one before s.
InternTable newest_section;
std::atomic<std::uint32_t>* next_section = nullptr;
std::uint32_t next_capacity = 0;
SpinLock list_lock{LockRank::kArena};
constexpr int kMostSections = 64;  // of a lock that are looked through

constexpr std::uint64_t kTakesToStarve = 100;
constexpr std::uint64_t kTakesEach = 10;

constexpr std::uint32_t kTriesToCount = 64;
constexpr std::uint32_t kTriesToLook = 256;
constexpr std::uint64_t kLivelockNs = 200 * kMillisecond;
constexpr std::uint64_t kHopelessNs = 10'000 * kMillisecond;
constexpr std::uint8_t kLooks = 3;
constexpr std::uint8_t kEnded = 4;  // TryLoop::looks: it was asked for that the program ends
constexpr int kLongestRing = 16;

std::uint64_t lockKey(Index lock) { return mix(lock, 0x7365'6374'0000'0001u); }

// Follows the ring of failing threads from the calling one. The sum of the others' failures; 0: no ring.
std::uint64_t failuresInRing(const Thread& thread, Index& other) {
  const record::RecordView view = viewRecord();
  const Index held = thread.row->failed_holds.load(std::memory_order_relaxed);
  Index lock = thread.row->failed_lock.load(std::memory_order_relaxed);
  std::uint64_t sum = 0;
  other = kNone;
  for (int hop = 0; hop < kLongestRing; ++hop) {
    Index next = kNone;
    for (Index i = 1; i < view.end(Table::kThreads) && next == kNone; ++i) {
      const record::ThreadRow& row = *view.thread(i);
      if (i == thread.index || row.failed_holds.load(std::memory_order_relaxed) != lock) continue;
      if (row.failed_tries.load(std::memory_order_relaxed) < kTriesToCount) continue;
      next = i;
    }
    if (next == kNone) return 0;
    if (other == kNone) other = next;
    const record::ThreadRow& row = *view.thread(next);
    sum += row.failed_tries.load(std::memory_order_relaxed);
    lock = row.failed_lock.load(std::memory_order_relaxed);
    if (lock == held) return sum;
  }
  return 0;
}

// The newest held lock that others may be kept from: not an initialiser that runs once, and not a file's
// lock, which is there to be held over input and output.
Held newestInTheWay(Thread& thread) {
  for (std::uint32_t i = thread.held(); i-- > 0;) {
    const Held held = heldAt(thread, i);
    switch (current.locks[held.shadow->lock].kind) {
      case record::LockKind::kOnce:
      case record::LockKind::kStaticGuard:
      case record::LockKind::kFile:
      case record::LockKind::kSemaphore:
      case record::LockKind::kThread:
        continue;
      default:
        return held;
    }
  }
  return {nullptr, nullptr};
}

// Who sleeps, or waits for a thread or a process, knows that it takes time.
bool isMeant(BlockingCall call) {
  return call == BlockingCall::kSleep || call == BlockingCall::kJoin || call == BlockingCall::kChild;
}

std::uint64_t thresholdOf(BlockingCall call) {
  const std::uint64_t most = std::uint64_t{options.blocking_ms} * kMillisecond;
  return isMeant(call) ? most / 10 : most;
}

// How many threads have waited for the lock while this thread slept: long enough to tell of it.
std::uint32_t waitersOf(Index lock, std::uint64_t blocked) {
  const std::uint64_t at_least_ns = std::uint64_t{options.blocking_ms} * kMillisecond * 5 / 2;
  if (blocked < at_least_ns) return 0;
  const record::RecordView view = viewRecord();
  const std::uint64_t now = nowNs();
  std::uint32_t count = 0;
  for (Index i = 1; i < view.end(Table::kThreads); ++i) {
    const record::ThreadRow& row = *view.thread(i);
    const std::uint32_t serial = row.wait_serial.load(std::memory_order_acquire);
    if (serial % 2 == 0 ||
        row.wait_kind.load(std::memory_order_relaxed) != static_cast<std::uint32_t>(WaitKind::kLock) ||
        row.wait_for.load(std::memory_order_relaxed) != lock) {
      continue;
    }
    const std::uint64_t since = row.wait_since_ns.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (row.wait_serial.load(std::memory_order_relaxed) == serial && since != 0 && since + at_least_ns <= now)
      ++count;
  }
  return count;
}

// The threads of the ring still fail: nobody else can end this, for nobody gets what they hold.
void endHopeless(const Thread& thread, Index other) {
  Line line;
  line << "livelock: threads " << thread.tid << " and " << current.threads[other].tid
       << " hold what the other tries to get, and have failed for " << kHopelessNs / 1'000'000'000
       << " s (process " << current.header->pid << ")";
  say(line);
  endOnDeadlock();
}

}  // namespace

Takes takesOf(Index lock) {
  Takes takes{0, 0};
  if (next_section == nullptr) return takes;
  Index seen[kMostSections];
  Index section = newest_section.find(lockKey(lock));
  for (int i = 0; i < kMostSections && section != kNone && section < next_capacity; ++i) {
    const SectionRow& row = current.sections[section];
    takes.count += row.count.load(std::memory_order_relaxed);
    bool known = false;
    for (std::uint32_t j = 0; j < takes.threads && !known; ++j) known = seen[j] == row.thread;
    if (!known) seen[takes.threads++] = row.thread;
    section = next_section[section].load(std::memory_order_relaxed);
  }
  return takes;
}

void addSectionOfLock(Index lock, Index section) {
  SpinGuard guard(list_lock);
  if (next_section == nullptr) {
    next_capacity = current.header->tables[static_cast<std::uint32_t>(Table::kSections)].capacity;
    next_section = static_cast<std::atomic<std::uint32_t>*>(sys::map(next_capacity * sizeof(*next_section)));
    if (next_section == nullptr) return;
  }
  if (section >= next_capacity) return;
  next_section[section].store(newest_section.find(lockKey(lock)), std::memory_order_relaxed);
  newest_section.replace(lockKey(lock), section);
}

void noteLongWait(Thread& thread, Index lock, std::uint32_t how, Index stack, std::uint64_t waited,
                  std::uint64_t before) {
  if (waited < std::uint64_t{options.starvation_ms} * kMillisecond) return;
  const Takes now = takesOf(lock);
  const std::uint64_t taken = now.count - before;
  if (now.count < before || taken < kTakesToStarve || taken < kTakesEach * now.threads) return;
  addEvent(thread, {.kind = EventKind::kStarvation,
                    .mode = static_cast<Mode>(how & 0xff),
                    .lock = lock,
                    .stack = stack,
                    .detail = static_cast<std::uint32_t>(taken < ~0u ? taken : ~0u),
                    .duration_ns = waited});
}

void noteFailedTry(Thread& thread, Index lock, Index section, Index stack) {
  record::ThreadRow& row = *thread.row;
  TryLoop& loop = thread.tries;
  const std::uint64_t got = current.sections[section].count.load(std::memory_order_relaxed);
  if (thread.held() == 0 || loop.section != section || loop.got != got) {
    loop = {section, 0, got, 0, 0, 0, 0};
    row.failed_tries.store(0, std::memory_order_relaxed);
    if (thread.held() == 0) return;
  }
  row.failed_tries.store(++loop.count, std::memory_order_relaxed);
  row.failed_lock.store(lock, std::memory_order_relaxed);
  row.failed_holds.store(heldAt(thread, thread.held() - 1).shadow->lock, std::memory_order_relaxed);
  if (loop.count % kTriesToCount != 0) return;
  const std::uint64_t now = nowNs();
  if (loop.since == 0) loop.since = now;
  if (loop.count < kTriesToLook || now - loop.since < kLivelockNs || loop.looks == kEnded) return;
  Index other = kNone;
  const std::uint64_t failures = failuresInRing(thread, other);
  if (loop.looks == kLooks && failures > loop.others) {
    loop.others = failures;
    if (now - loop.told < kHopelessNs) return;
    loop.looks = kEnded;
    endHopeless(thread, other);
    return;
  }
  loop.looks = failures > loop.others ? static_cast<std::uint8_t>(loop.looks + 1) : std::uint8_t{0};
  loop.others = failures;
  if (loop.looks != kLooks) return;
  loop.told = now;
  const Held held = heldAt(thread, thread.held() - 1);
  addEvent(thread, {.kind = EventKind::kLivelock,
                    .request = RequestKind::kTry,
                    .lock = lock,
                    .stack = stack,
                    .other_thread = other,
                    .other_lock = held.shadow->lock,
                    .other_stack = held.entry->stack,
                    .detail = loop.count,
                    .duration_ns = now - loop.since});
}

void noteBlocking(Thread& thread, BlockingCall call, std::uint64_t blocked, const Frame* frame, Index stack) {
  if (options.blocking_ms == 0 || blocked < thresholdOf(call)) return;
  dropTakenAway(thread);
  const Held held = newestInTheWay(thread);
  if (held.entry == nullptr) return;
  if (stack == kNone) stack = stackAt(thread, frame, placeOf(thread, frame), kNone).index;
  addEvent(thread, {.kind = EventKind::kBlockingWhileLocked,
                    .mode = static_cast<Mode>(held.shadow->mode),
                    .lock = held.shadow->lock,
                    .stack = stack,
                    .other_thread = thread.index,
                    .other_stack = held.entry->stack,
                    .group = isMeant(call) ? waitersOf(held.shadow->lock, blocked) : 0,
                    .detail = static_cast<std::uint32_t>(call),
                    .duration_ns = blocked});
}

void progressAfterFork() {
  newest_section.afterFork();
  list_lock.reset();
  next_section = nullptr;
}

}  // namespace gridlock::runtime
