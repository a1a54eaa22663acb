// The wait-for graph on records made by hand, and random ones against a model that knows no cleverness.

#include "gridlock/wait_graph.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/runtime/record_builder.h"

namespace gridlock::test {
namespace {

using namespace record;

struct Found {
  Look look;
  std::vector<StuckThread> stuck;
  std::uint32_t groups;

  std::set<Index> members(std::uint32_t group) const {
    std::set<Index> out;
    for (const StuckThread& thread : stuck) {
      if (thread.group == group) out.insert(thread.thread);
    }
    return out;
  }
  std::set<Index> all() const {
    std::set<Index> out;
    for (const StuckThread& thread : stuck) out.insert(thread.thread);
    return out;
  }
  StuckKind kindOf(Index thread) const {
    for (const StuckThread& one : stuck) {
      if (one.thread == thread) return one.kind;
    }
    return StuckKind::kBehind;
  }
};

Found solve(RecordBuilder& record, const Outside& outside = {}) {
  const RecordView view = record.view();
  std::vector<std::uint64_t> memory(WaitGraph::bytesFor(view) / 8 + 1);
  WaitGraph graph;
  Verdict verdict;
  const Look look = graph.find(view, outside, memory.data(), memory.size() * 8, verdict);
  return {look, {verdict.stuck, verdict.stuck + verdict.count}, verdict.groups};
}

Outside everybodyAsleep() {
  Outside outside;
  outside.others_may_act = false;
  outside.asleep = [](void*, const ThreadRow&) { return true; };
  return outside;
}

// `count` threads, each of which holds one lock and wants that of the next.
std::vector<Index> ring(RecordBuilder& record, int count) {
  std::vector<Index> threads;
  std::vector<Index> locks;
  for (int i = 0; i < count; ++i) {
    threads.push_back(record.thread());
    locks.push_back(record.lock());
  }
  for (int i = 0; i < count; ++i) {
    record.hold(threads[i], locks[i]);
    record.wait(threads[i], WaitKind::kLock, locks[(i + 1) % count]);
  }
  return threads;
}

TEST(WaitGraph, RingsOfAnySizeAreDeadlocks) {
  for (const int count : {2, 3, 5, 25, 500}) {
    RecordBuilder record;
    const std::vector<Index> threads = ring(record, count);
    const Found found = solve(record);
    EXPECT_EQ(found.look, Look::kStuck);
    EXPECT_EQ(found.groups, 1u);
    EXPECT_EQ(found.members(1), std::set<Index>(threads.begin(), threads.end()));
    EXPECT_EQ(found.kindOf(threads[0]), StuckKind::kCycle);
  }
}

TEST(WaitGraph, TwoRingsAreTwoGroupsAndWaitersBehindThemBelongToNone) {
  RecordBuilder record;
  const std::vector<Index> first = ring(record, 2);
  const std::vector<Index> second = ring(record, 3);
  const Index behind = record.thread();
  record.wait(behind, WaitKind::kLock, 1);
  const Index joiner = record.thread();
  record.wait(joiner, WaitKind::kJoin, behind);
  const Found found = solve(record);
  EXPECT_EQ(found.groups, 2u);
  EXPECT_EQ(found.members(0), (std::set<Index>{behind, joiner}));
  EXPECT_EQ(found.members(1).size() + found.members(2).size(), 5u);
}

TEST(WaitGraph, ATimedWaitInTheRingBreaksIt) {
  RecordBuilder record;
  const std::vector<Index> threads = ring(record, 3);
  record.threadRow(threads[1]).wait_how = static_cast<std::uint32_t>(RequestKind::kTimed) << 8;
  EXPECT_EQ(solve(record).look, Look::kClear);
}

TEST(WaitGraph, AThreadThatDoesNotWaitAnyMoreBreaksIt) {
  RecordBuilder record;
  const std::vector<Index> threads = ring(record, 3);
  record.threadRow(threads[1]).wait_serial = 8;
  EXPECT_EQ(solve(record).look, Look::kClear);
}

TEST(WaitGraph, ALockThatNobodyHoldsOnRecordIsGoingToBeTaken) {
  RecordBuilder record;
  record.wait(record.thread(), WaitKind::kLock, record.lock());
  EXPECT_EQ(solve(record).look, Look::kClear);
}

TEST(WaitGraph, OwnLockIsASelfDeadlock) {
  RecordBuilder record;
  const Index thread = record.thread();
  const Index lock = record.lock();
  record.hold(thread, lock);
  record.wait(thread, WaitKind::kLock, lock);
  const Found found = solve(record);
  EXPECT_EQ(found.groups, 1u);
  EXPECT_EQ(found.kindOf(thread), StuckKind::kSelf);
}

TEST(WaitGraph, HandedOverLocksProveNothing) {
  RecordBuilder record;
  const Index thread = record.thread();
  const Index lock = record.lock(LockKind::kMutex, kHandedOver);
  record.hold(thread, lock);
  record.wait(thread, WaitKind::kLock, lock);
  EXPECT_EQ(solve(record).look, Look::kClear);
}

TEST(WaitGraph, ReadersDoNotWaitForReaders) {
  RecordBuilder record;
  const Index a = record.thread();
  const Index b = record.thread();
  const Index first = record.lock(LockKind::kRwlock);
  const Index second = record.lock(LockKind::kRwlock);
  record.hold(a, first, Mode::kShared);
  record.hold(b, second, Mode::kShared);
  record.wait(a, WaitKind::kLock, second, Mode::kShared);
  record.wait(b, WaitKind::kLock, first, Mode::kShared);
  EXPECT_EQ(solve(record).look, Look::kClear);
}

TEST(WaitGraph, UpgradeOfAReadLockWaitsForItself) {
  RecordBuilder record;
  const Index thread = record.thread();
  const Index lock = record.lock(LockKind::kRwlock);
  record.hold(thread, lock, Mode::kShared);
  record.wait(thread, WaitKind::kLock, lock, Mode::kExclusive);
  EXPECT_EQ(solve(record).kindOf(thread), StuckKind::kSelf);
}

TEST(WaitGraph, AWaitingWriterKeepsReadersOutWhereWritersComeFirst) {
  for (const bool writers_first : {false, true}) {
    RecordBuilder record;
    const Index reader = record.thread();
    const Index writer = record.thread();
    const Index lock = record.lock(writers_first ? LockKind::kRwlockPrefersWriters : LockKind::kRwlock);
    record.hold(reader, lock, Mode::kShared);
    record.wait(writer, WaitKind::kLock, lock, Mode::kExclusive);
    record.wait(reader, WaitKind::kLock, lock, Mode::kShared);
    EXPECT_EQ(solve(record).look, writers_first ? Look::kStuck : Look::kClear);
  }
}

TEST(WaitGraph, AnEndedHolderNeverLetsGoUnlessTheLockIsRobust) {
  for (const bool robust : {false, true}) {
    RecordBuilder record;
    const Index ended = record.thread(ThreadState::kExited);
    const Index thread = record.thread();
    const Index lock = record.lock(LockKind::kMutex, robust ? std::uint16_t{kRobust} : std::uint16_t{0});
    record.hold(ended, lock);
    record.wait(thread, WaitKind::kLock, lock);
    const Found found = solve(record);
    EXPECT_EQ(found.look, robust ? Look::kClear : Look::kStuck);
    EXPECT_EQ(found.kindOf(thread), robust ? StuckKind::kBehind : StuckKind::kAbandoned);
  }
}

TEST(WaitGraph, JoinOfAThreadThatWantsOurLock) {
  RecordBuilder record;
  const Index main = record.thread();
  const Index worker = record.thread();
  const Index lock = record.lock();
  record.hold(main, lock);
  record.wait(main, WaitKind::kJoin, worker);
  record.wait(worker, WaitKind::kLock, lock);
  EXPECT_EQ(solve(record).members(1), (std::set<Index>{main, worker}));
}

TEST(WaitGraph, WaitsForAnybodyAreStuckOnlyWhenNobodyIsLeft) {
  RecordBuilder record;
  const Index main = record.thread();
  const Index worker = record.thread();
  record.wait(main, WaitKind::kJoin, worker);
  record.wait(worker, WaitKind::kCondition, record.lock(LockKind::kCondition));
  EXPECT_EQ(solve(record).look, Look::kClear) << "somebody unknown may signal";
  const Found found = solve(record, everybodyAsleep());
  EXPECT_EQ(found.members(1), (std::set<Index>{main, worker}));
  EXPECT_EQ(found.kindOf(worker), StuckKind::kKnot);
  record.thread();
  EXPECT_EQ(solve(record, everybodyAsleep()).look, Look::kClear) << "the new thread may signal";
}

TEST(WaitGraph, AWaiterThatIsAwakeIsNotStuck) {
  RecordBuilder record;
  record.wait(record.thread(), WaitKind::kSemaphore, record.lock(LockKind::kSemaphore));
  Outside outside = everybodyAsleep();
  outside.asleep = [](void*, const ThreadRow&) { return false; };
  EXPECT_EQ(solve(record, outside).look, Look::kClear);
}

TEST(WaitGraph, LocksBeyondTheFirstBlockCount) {
  RecordBuilder record;
  const Index many = record.thread();
  const Index other = record.thread();
  const Index last = record.lock();
  for (int i = 0; i < 100; ++i) record.hold(many, record.lock());
  record.hold(many, last);
  const Index wanted = record.lock();
  record.hold(other, wanted);
  record.wait(many, WaitKind::kLock, wanted);
  record.wait(other, WaitKind::kLock, last);
  EXPECT_EQ(solve(record).members(1), (std::set<Index>{many, other}));
}

TEST(WaitGraph, SleepOnALockAskedForCountsAsAWait) {
  RecordBuilder record;
  const std::vector<Index> threads = ring(record, 2);
  ThreadRow& row = record.threadRow(threads[0]);
  row.wait_serial = 6;
  record.ask(threads[0], row.wait_for);
  EXPECT_EQ(solve(record).look, Look::kClear);
  static std::uint64_t address;
  address = record.lockRow(row.wait_for).address;
  Outside outside;
  outside.sleeps_at = [](void*, const ThreadRow&) { return address; };
  const Found found = solve(record, outside);
  ASSERT_EQ(found.look, Look::kStuck);
  for (const StuckThread& thread : found.stuck) EXPECT_EQ(thread.unpublished, thread.thread == threads[0]);
}

TEST(WaitGraph, SaysWhereASleeperWithoutAPublishedWaitAsks) {
  for (const int held : {0, 1, 30, 31, 32}) {
    RecordBuilder record;
    const Index thread = record.thread();
    for (int i = 0; i < held; ++i) record.hold(thread, record.lock());
    const Index wanted = record.lock();
    record.ask(thread, wanted, Mode::kShared, 9);
    const RecordView::Asked asked = record.view().requestOf(record.threadRow(thread));
    EXPECT_EQ(asked.lock, wanted) << held;
    EXPECT_EQ(asked.how, static_cast<std::uint32_t>(Mode::kShared)) << held;
    EXPECT_EQ(asked.stack, 9u) << held;
  }
}

TEST(WaitGraph, SaysWhenItNeedsMoreMemory) {
  RecordBuilder record;
  ring(record, 5);
  std::uint64_t memory[8];
  WaitGraph graph;
  Verdict verdict;
  EXPECT_EQ(graph.find(record.view(), {}, memory, sizeof(memory), verdict), Look::kNoRoom);
}

// Random threads, locks, modes and joins. The model: remove threads that can act until nothing changes.
TEST(WaitGraph, AgreesWithANaiveModel) {
  std::mt19937 random(4711);
  int stuck_records = 0;
  for (int round = 0; round < 3000; ++round) {
    RecordBuilder record;
    const int threads = 2 + static_cast<int>(random() % 7);
    const int locks = 1 + static_cast<int>(random() % 6);
    for (int i = 0; i < threads; ++i) record.thread();
    for (int i = 0; i < locks; ++i) record.lock();
    struct Waiter {
      int lock = 0;
      int join = 0;
    };
    std::vector<Waiter> waiters(static_cast<std::size_t>(threads) + 1);
    std::vector<std::set<int>> holders(static_cast<std::size_t>(locks) + 1);
    for (int lock = 1; lock <= locks; ++lock) {
      if (random() % 4 == 0) continue;
      const int holder = 1 + static_cast<int>(random() % static_cast<unsigned>(threads));
      holders[static_cast<std::size_t>(lock)].insert(holder);
      record.hold(static_cast<Index>(holder), static_cast<Index>(lock));
    }
    for (int thread = 1; thread <= threads; ++thread) {
      Waiter& waiter = waiters[static_cast<std::size_t>(thread)];
      const unsigned what = random() % 8;
      if (what < 6) {
        waiter.lock = 1 + static_cast<int>(random() % static_cast<unsigned>(locks));
        record.wait(static_cast<Index>(thread), WaitKind::kLock, static_cast<Index>(waiter.lock));
      } else if (what == 6) {
        waiter.join = 1 + static_cast<int>(random() % static_cast<unsigned>(threads));
        record.wait(static_cast<Index>(thread), WaitKind::kJoin, static_cast<Index>(waiter.join));
      }
    }
    std::set<Index> stuck;
    for (int thread = 1; thread <= threads; ++thread) {
      const Waiter& waiter = waiters[static_cast<std::size_t>(thread)];
      if (waiter.lock != 0 || waiter.join != 0) stuck.insert(static_cast<Index>(thread));
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (const Index thread : std::set<Index>(stuck)) {
        const Waiter& waiter = waiters[thread];
        bool held_back = false;
        if (waiter.join != 0) held_back = stuck.contains(static_cast<Index>(waiter.join));
        for (const int holder : holders[static_cast<std::size_t>(waiter.lock)]) {
          held_back = held_back || stuck.contains(static_cast<Index>(holder));
        }
        if (!held_back) changed = stuck.erase(thread) != 0;
      }
    }
    stuck_records += !stuck.empty();
    EXPECT_EQ(solve(record).all(), stuck) << "round " << round;
  }
  EXPECT_GT(stuck_records, 300);
}

TEST(RecordView, DamagedRecordsAreRefusedOrReadWithinTheirBounds) {
  RecordBuilder record;
  ring(record, 4);
  RecordView view;
  EXPECT_EQ(RecordView::open(record.data(), 100, view), ViewError::kTooShort);
  // Cut short anywhere: rows that are there can be read, the rest is not there.
  for (std::uint64_t size = sizeof(Header); size < record.size(); size += 997) {
    if (RecordView::open(record.data(), size, view) != ViewError::kOk) continue;
    std::vector<std::uint64_t> memory(WaitGraph::bytesFor(view) / 8 + 1);
    WaitGraph graph;
    Verdict verdict;
    graph.find(view, {}, memory.data(), memory.size() * 8, verdict);
  }
  record.header().version = kVersion + 1;
  EXPECT_EQ(RecordView::open(record.data(), record.size(), view), ViewError::kOtherVersion);
  record.header().magic = 1;
  EXPECT_EQ(RecordView::open(record.data(), record.size(), view), ViewError::kNotARecord);
}

TEST(RecordView, ARingOfHeldBlocksEnds) {
  RecordBuilder record;
  const Index thread = record.thread();
  for (int i = 0; i < 40; ++i) record.hold(thread, record.lock());
  record.blockRow(1).older = 2;
  record.threadRow(thread).held_count = 1u << 30;
  std::uint64_t seen = 0;
  record.view().eachHeld(record.threadRow(thread),
                         [&](const HeldEntry&, std::uint32_t) { return ++seen < 100000; });
  EXPECT_LE(seen, 100000u);
}

}  // namespace
}  // namespace gridlock::test
