// The lock-order analysis: each reason why a cycle is harmless, with its twin that is not; objects
// and classes; runs joined; and random graphs against a naive model.
#include "analyzer/model/lock_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "report_builder.h"

namespace gridlock::test {
namespace {

using namespace gridlock::model;

// The one lock-order finding of a report; fails the test when there is none or there are more.
const Finding& only(const Report& report) {
  static const Finding kNone;
  const auto found = findingsOf(report, Rule::LockOrderCycle);
  EXPECT_EQ(found.size(), 1u);
  return found.empty() ? kNone : *found.front();
}

bool likely(const Report& report) {
  const auto found = findingsOf(report, Rule::LockOrderCycle);
  return std::any_of(found.begin(), found.end(),
                     [](const Finding* finding) { return finding->confidence == Confidence::Likely; });
}

class TwoLocks : public ::testing::Test {
 protected:
  ReportBuilder b;
  Id t1 = b.thread("first");
  Id t2 = b.thread("second");
  Id l1 = b.lock("a");
  Id l2 = b.lock("b");
};

TEST_F(TwoLocks, OppositeOrdersOfTwoThreadsAreLikely) {
  b.orderAt(t1, l1, 10, l2, 11);
  b.orderAt(t2, l2, 20, l1, 21);
  const Report report = derived({b.report});
  const Finding& finding = only(report);
  EXPECT_EQ(finding.confidence, Confidence::Likely);
  EXPECT_EQ(finding.severity, Severity::Warning);
  EXPECT_NE(finding.message.find("otential"), std::string::npos);
  EXPECT_EQ(finding.locks.size(), 2u);
  EXPECT_EQ(finding.threads.size(), 2u);
  EXPECT_EQ(finding.edges.size(), 2u);
  std::set<int> lines;
  for (const Location& location : finding.locations) lines.insert(location.line);
  EXPECT_EQ(lines, (std::set<int>{10, 11, 20, 21}));
  EXPECT_EQ(finding.steps.size(), 4u);
  EXPECT_TRUE(finding.coffman.has_value());
  EXPECT_TRUE(finding.fix.has_value());
  EXPECT_TRUE(report.harmless_cycles.empty());
}

TEST_F(TwoLocks, OneOrderIsNothing) {
  b.orderAt(t1, l1, 10, l2, 11);
  b.orderAt(t2, l1, 20, l2, 21);
  EXPECT_TRUE(derived({b.report}).findings.empty());
}

TEST_F(TwoLocks, OneThreadAloneIsANote) {
  b.orderAt(t1, l1, 10, l2, 11);
  b.orderAt(t1, l2, 20, l1, 21);
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).severity, Severity::Note);
  EXPECT_NE(only(report).reason.find("one thread takes both orders"), std::string::npos);
  EXPECT_EQ(report.harmless_cycles.at("one thread"), 1u);
}

TEST_F(TwoLocks, AThreadThatStandsForManyRacesWithItself) {
  b.report.threads[t1].many = true;
  b.orderAt(t1, l1, 10, l2, 11);
  b.orderAt(t1, l2, 20, l1, 21);
  EXPECT_TRUE(likely(derived({b.report})));
}

TEST_F(TwoLocks, AGateMakesItHarmlessAndIsNamed) {
  const Id gate = b.lock("gate");
  b.orderAt(t1, l1, 10, l2, 11).held = {{gate, {}, Mode::Exclusive}};
  b.orderAt(t2, l2, 20, l1, 21).held = {{gate, {}, Mode::Exclusive}};
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).severity, Severity::Note);
  EXPECT_NE(only(report).reason.find("`gate`"), std::string::npos);
  EXPECT_EQ(report.harmless_cycles.at("gate lock"), 1u);
}

TEST_F(TwoLocks, AnEdgeSeenOnceWithoutTheGateIsDangerous) {
  const Id gate = b.lock("gate");
  b.orderAt(t1, l1, 10, l2, 11).held = {{gate, {}, Mode::Exclusive}};
  b.orderAt(t2, l2, 20, l1, 21).held = {{gate, {}, Mode::Exclusive}};
  b.orderAt(t2, l2, 30, l1, 31);
  EXPECT_TRUE(likely(derived({b.report})));
}

TEST_F(TwoLocks, AGateThatBothOnlyReadIsNone) {
  const Id gate = b.lock("gate", LockKind::Rwlock);
  b.orderAt(t1, l1, 10, l2, 11).held = {{gate, {}, Mode::Shared}};
  b.orderAt(t2, l2, 20, l1, 21).held = {{gate, {}, Mode::Shared}};
  EXPECT_TRUE(likely(derived({b.report})));
}

TEST_F(TwoLocks, GatesOfDifferentInstancesAreNone) {
  const Id gate = b.lock("Object::gate", LockKind::Mutex, 2);
  b.orderAt(t1, l1, 10, l2, 11).held = {{gate, 1, Mode::Exclusive}};
  b.orderAt(t2, l2, 20, l1, 21).held = {{gate, 2, Mode::Exclusive}};
  EXPECT_TRUE(likely(derived({b.report})));
}

TEST_F(TwoLocks, StartOrJoinOrderMakesItHarmless) {
  const Id s1 = b.segment(t1);
  const Id s2 = b.segment(t2, {s1});
  b.orderAt(t1, l1, 10, l2, 11).segment = s1;
  b.orderAt(t2, l2, 20, l1, 21).segment = s2;
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).severity, Severity::Note);
  EXPECT_EQ(report.harmless_cycles.at("start or join order"), 1u);
}

TEST_F(TwoLocks, SegmentsThatAreNotOrderedDoNotHelp) {
  const Id start = b.segment(t1);
  const Id s1 = b.segment(t1, {start});
  const Id s2 = b.segment(t2, {start});
  b.orderAt(t1, l1, 10, l2, 11).segment = s1;
  b.orderAt(t2, l2, 20, l1, 21).segment = s2;
  EXPECT_TRUE(likely(derived({b.report})));
}

TEST_F(TwoLocks, ATryLockDoesNotWait) {
  b.orderAt(t1, l1, 10, l2, 11).request = RequestKind::Try;
  b.orderAt(t2, l2, 20, l1, 21);
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).severity, Severity::Note);
  EXPECT_EQ(report.harmless_cycles.at("try-lock"), 1u);
}

TEST_F(TwoLocks, ATimedWaitEndsByItself) {
  b.orderAt(t1, l1, 10, l2, 11).request = RequestKind::Timed;
  b.orderAt(t2, l2, 20, l1, 21);
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).severity, Severity::Note);
  EXPECT_NE(only(report).reason.find("time-out"), std::string::npos);
}

TEST_F(TwoLocks, ReadersDoNotBlockReaders) {
  const Id r = b.lock("r", LockKind::Rwlock);
  b.order(t1, r, l1, Mode::Shared, Mode::Exclusive);
  b.order(t2, l1, r, Mode::Exclusive, Mode::Shared);
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).severity, Severity::Note);
  EXPECT_EQ(report.harmless_cycles.at("readers only"), 1u);
}

TEST_F(TwoLocks, AReaderWaitsForAWriter) {
  const Id r = b.lock("r", LockKind::Rwlock);
  b.order(t1, r, l1, Mode::Exclusive, Mode::Exclusive);
  b.order(t2, l1, r, Mode::Exclusive, Mode::Shared);
  EXPECT_TRUE(likely(derived({b.report})));
}

TEST_F(TwoLocks, ReadersBlockBehindAWriterWhereWritersArePreferred) {
  const Id r = b.lock("r", LockKind::Rwlock);
  b.report.locks[r].prefers_writers = true;
  b.order(t1, r, l1, Mode::Shared, Mode::Exclusive);
  b.order(t2, l1, r, Mode::Exclusive, Mode::Shared);
  EXPECT_FALSE(likely(derived({b.report}))) << "nobody writes";
  CriticalSection section;
  section.lock = r;
  b.report.critical_sections.push_back(section);
  const Report report = derived({b.report});
  EXPECT_TRUE(likely(report));
  EXPECT_NE(only(report).reason.find("writer"), std::string::npos);
}

TEST_F(TwoLocks, ADeadlockThatHappenedIsNotReportedAgainAsPotential) {
  b.orderAt(t1, l1, 10, l2, 11);
  b.orderAt(t2, l2, 20, l1, 21);
  Finding deadlock;
  deadlock.rule = Rule::Deadlock;
  deadlock.confidence = Confidence::Proven;
  deadlock.locks = {l1, l2};
  b.report.findings.push_back(deadlock);
  const Report report = derived({b.report});
  EXPECT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].rule, Rule::Deadlock);
}

TEST_F(TwoLocks, HalvesFromTwoRunsGiveTheCycle) {
  b.orderAt(t1, l1, 10, l2, 11);
  EXPECT_TRUE(derived({b.report}).findings.empty());
  ReportBuilder other;
  const Id t = other.thread("third");
  const Id second = other.lock("b");  // other ids than in the first report
  const Id first = other.lock("a");
  other.orderAt(t, second, 30, first, 31);
  EXPECT_TRUE(derived({other.report}).findings.empty());
  EXPECT_TRUE(likely(derived({b.report, other.report})));
}

TEST_F(TwoLocks, AHarmlessRunTwiceStaysHarmless) {
  const Id gate = b.lock("gate");
  const Id l3 = b.lock("c");
  const Id l4 = b.lock("d");
  b.orderAt(t1, l1, 10, l2, 11);  // one thread
  b.orderAt(t1, l2, 20, l1, 21);
  b.orderAt(t1, l3, 30, l4, 31).held = {{gate, {}, Mode::Exclusive}};
  b.orderAt(t2, l4, 40, l3, 41).held = {{gate, {}, Mode::Exclusive}};
  const Id l5 = b.lock("e");
  const Id l6 = b.lock("f");
  const Id s1 = b.segment(t1);
  const Id s2 = b.segment(t2, {s1});
  b.orderAt(t1, l5, 50, l6, 51).segment = s1;
  b.orderAt(t2, l6, 60, l5, 61).segment = s2;
  const Report once = derived({b.report});
  EXPECT_FALSE(likely(once));
  EXPECT_EQ(once.findings.size(), 3u);
  const Report twice = derived({b.report, b.report});
  EXPECT_FALSE(likely(twice));
  EXPECT_EQ(twice.findings.size(), 3u);
  EXPECT_EQ(once.harmless_cycles, twice.harmless_cycles);
}

TEST_F(TwoLocks, StaticAndRuntimeOfOneProgramDoNotMakeAWarningTogether) {
  b.orderAt(t1, l1, 10, l2, 11);
  b.orderAt(t1, l2, 20, l1, 21);
  ReportBuilder planned(RunKind::Static);
  const Id t = planned.thread("first");
  planned.orderAt(t, planned.lock("a"), 10, planned.lock("b"), 11);
  planned.orderAt(t, planned.lock("b"), 20, planned.lock("a"), 21);
  EXPECT_FALSE(likely(derived({b.report, planned.report})));
}

TEST_F(TwoLocks, AStaticHalfAndARuntimeHalfJoin) {
  b.orderAt(t1, l1, 10, l2, 11);
  ReportBuilder planned(RunKind::Static);
  const Id t = planned.thread("other");
  planned.orderAt(t, planned.lock("b"), 20, planned.lock("a"), 21);
  EXPECT_TRUE(likely(derived({b.report, planned.report})));
}

TEST(LockOrder, AnAnalysedReportGivesTheSameAgain) {
  ReportBuilder b;
  const Id t1 = b.thread("x");
  const Id t2 = b.thread("y");
  b.orderAt(t1, b.lock("a"), 1, b.lock("b"), 2);
  b.orderAt(t2, b.lock("b"), 3, b.lock("a"), 4);
  const Report once = derived({b.report});
  const Report again = derived({once});
  ASSERT_EQ(again.findings.size(), 1u);
  EXPECT_EQ(again.findings[0].fingerprint, once.findings[0].fingerprint);
  EXPECT_EQ(again.findings[0].message, once.findings[0].message);
}

class Philosophers : public ::testing::TestWithParam<int> {};

TEST_P(Philosophers, RingOfOneClassIsOneFinding) {
  const int n = GetParam();
  ReportBuilder b;
  const Id fork = b.lock("Table::forks[]", LockKind::Mutex, static_cast<std::uint64_t>(n));
  for (int i = 0; i < n; ++i) {
    Witness& witness = b.order(b.thread("eat"), fork, fork);
    witness.from_instance = static_cast<std::uint64_t>(i);
    witness.to_instance = static_cast<std::uint64_t>((i + 1) % n);
  }
  EXPECT_EQ(only(derived({b.report})).confidence, Confidence::Likely);
}

TEST_P(Philosophers, RingOfGlobalsIsOneFinding) {
  const int n = GetParam();
  ReportBuilder b;
  std::vector<Id> locks;
  for (int i = 0; i < n; ++i) locks.push_back(b.lock("lock" + std::to_string(i)));
  for (int i = 0; i < n; ++i)
    b.order(b.thread("eat"), locks[static_cast<std::size_t>(i)],
            locks[static_cast<std::size_t>((i + 1) % n)]);
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).confidence, Confidence::Likely);
  EXPECT_EQ(only(report).locks.size(), static_cast<std::size_t>(n));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Philosophers, ::testing::Values(2, 3, 5, 25, 300));

TEST(LockOrder, ATreeTakenTopDownIsNothing) {
  ReportBuilder b;
  const Id node = b.lock("Node::mutex_", LockKind::Mutex, 7);
  const Id t1 = b.thread("x");
  const Id t2 = b.thread("y");
  for (std::uint64_t parent = 1; parent <= 3; ++parent)
    for (std::uint64_t child = 2 * parent; child <= 2 * parent + 1; ++child)
      for (Id thread : {t1, t2}) {
        Witness& witness = b.order(thread, node, node);
        witness.from_instance = parent;
        witness.to_instance = child;
      }
  EXPECT_TRUE(derived({b.report}).findings.empty());
}

TEST(LockOrder, TransfersBothWaysBetweenTwoObjectsAreLikely) {
  ReportBuilder b;
  const Id account = b.lock("Account::mutex_", LockKind::Mutex, 2);
  for (std::uint64_t i = 0; i < 2; ++i) {
    Witness& witness = b.order(b.thread("transfer"), account, account);
    witness.from_instance = i;
    witness.to_instance = 1 - i;
  }
  EXPECT_TRUE(likely(derived({b.report})));
}

TEST(LockOrder, AStaticEdgeOfAClassWithItselfNeedsTwoThreads) {
  for (const bool many : {false, true}) {
    ReportBuilder b(RunKind::Static);
    const Id account = b.lock("Account::mutex_", LockKind::Mutex, 2);
    b.orderAt(b.thread("transfer", many), account, 1, account, 2).note = "any two objects can be meant";
    EXPECT_EQ(likely(derived({b.report})), many);
  }
}

TEST(LockOrder, CyclesThatNeverMeetAtTheSameObjectsArePossible) {
  ReportBuilder b;
  const Id parent = b.lock("Parent::mutex_", LockKind::Mutex, 2);
  const Id child = b.lock("Child::mutex_", LockKind::Mutex, 2);
  Witness& down = b.order(b.thread("x"), parent, child);
  down.from_instance = 1;
  down.to_instance = 1;
  Witness& up = b.order(b.thread("y"), child, parent);
  up.from_instance = 2;
  up.to_instance = 2;
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).confidence, Confidence::Possible);
  EXPECT_EQ(report.harmless_cycles.at("different objects"), 1u);
}

TEST(LockOrder, ALongObjectCycleOfTwoClassesIsFound) {
  // a1 → b1 → a2 → b2 → a1: as classes a → b → a, which closes at no single object.
  ReportBuilder b;
  const Id a = b.lock("A::mutex_", LockKind::Mutex, 2);
  const Id c = b.lock("B::mutex_", LockKind::Mutex, 2);
  const auto edge = [&](Id from, std::uint64_t x, Id to, std::uint64_t y) {
    Witness& witness = b.order(b.thread("t"), from, to);
    witness.from_instance = x;
    witness.to_instance = y;
  };
  edge(a, 1, c, 1);
  edge(c, 1, a, 2);
  edge(a, 2, c, 2);
  edge(c, 2, a, 1);
  EXPECT_EQ(only(derived({b.report})).confidence, Confidence::Likely);
}

TEST(LockOrder, AnUncertainStaticEdgeGivesItsReason) {
  ReportBuilder b(RunKind::Static);
  b.order(b.thread("x"), b.lock("a"), b.lock("b")).note = "the sink may run it on another thread";
  b.order(b.thread("y"), b.lock("b"), b.lock("a"));
  const Report report = derived({b.report});
  EXPECT_EQ(only(report).confidence, Confidence::Possible);
  EXPECT_NE(only(report).reason.find("the sink may run it"), std::string::npos);
}

// ---------------------------------------------------------------------------------------------
// Random graphs of globals, one run: a pair of locks is in a likely finding exactly when some simple
// cycle through it has witnesses of different threads that share no gate and are not ordered.

struct NaiveWitness {
  Id thread;
  int from, to;
  int gate;  // -1: none
  bool waits;
  Id segment;
};

class Naive {
 public:
  std::vector<NaiveWitness> witnesses;
  std::vector<std::vector<char>> before;  // segments
  int locks = 0;

  std::set<std::pair<int, int>> feasiblePairs() {
    for (int start = 0; start < locks; ++start) {
      start_ = start;
      extend(start);
    }
    return pairs_;
  }

 private:
  bool fits(const NaiveWitness& x) const {
    for (const NaiveWitness* y : path_) {
      if (x.thread == y->thread) return false;
      if (x.gate >= 0 && x.gate == y->gate) return false;
      if (x.gate >= 0 && x.gate == y->from) return false;
      if (y->gate >= 0 && y->gate == x.from) return false;
      if (before[x.segment][y->segment] || before[y->segment][x.segment]) return false;
    }
    return true;
  }

  void extend(int at) {
    for (const NaiveWitness& next : witnesses) {
      if (next.from != at || !next.waits || next.to < start_ || !fits(next)) continue;
      const bool met =
          std::any_of(path_.begin(), path_.end(), [&](const NaiveWitness* w) { return w->from == next.to; });
      path_.push_back(&next);
      if (next.to == start_) {
        for (const NaiveWitness* w : path_) pairs_.insert({w->from, w->to});
      } else if (!met && next.to != at) {
        extend(next.to);
      }
      path_.pop_back();
    }
  }

  int start_ = 0;
  std::vector<const NaiveWitness*> path_;
  std::set<std::pair<int, int>> pairs_;
};

class RandomGraphs : public ::testing::TestWithParam<int> {};

TEST_P(RandomGraphs, AgreeWithTheNaiveModel) {
  int with_cycles = 0;
  int without = 0;
  for (int round = 0; round < 150; ++round) {
    std::mt19937 random(static_cast<unsigned>(GetParam() * 1000 + round));
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    Naive naive;
    naive.locks = 3 + pick(4);
    const int threads = 2 + pick(3);
    const int gates = 2;
    ReportBuilder b;
    std::vector<Id> locks;
    for (int i = 0; i < naive.locks; ++i) locks.push_back(b.lock("lock" + std::to_string(i)));
    std::vector<Id> gate_locks;
    for (int i = 0; i < gates; ++i) gate_locks.push_back(b.lock("gate" + std::to_string(i)));
    std::vector<Id> thread_ids, segments;
    for (int i = 0; i < threads; ++i) {
      thread_ids.push_back(b.thread("t" + std::to_string(i)));
      // Some threads begin when another one has ended.
      std::vector<Id> after;
      if (i > 0 && pick(4) == 0) after.push_back(segments[static_cast<std::size_t>(pick(i))]);
      segments.push_back(b.segment(thread_ids.back(), after));
    }
    naive.before.assign(segments.size(), std::vector<char>(segments.size(), 0));
    for (const Segment& segment : b.report.segments)
      for (Id id : segment.after) {
        naive.before[id][segment.id] = 1;
        for (std::size_t i = 0; i < segments.size(); ++i)
          if (naive.before[i][id]) naive.before[i][segment.id] = 1;
      }
    const int edges = 3 + pick(3 * naive.locks);
    for (int i = 0; i < edges; ++i) {
      NaiveWitness w{};
      const int t = pick(threads);
      w.thread = thread_ids[static_cast<std::size_t>(t)];
      w.segment = segments[static_cast<std::size_t>(t)];
      w.from = pick(naive.locks);
      w.to = pick(naive.locks);
      if (w.from == w.to) continue;
      // A gate is one of two gate locks, or one of the locks of the graph itself.
      w.gate = pick(3) == 0 ? naive.locks + pick(gates) : -1;
      if (pick(8) == 0) w.gate = pick(naive.locks);
      if (w.gate == w.from || w.gate == w.to) w.gate = -1;
      w.waits = pick(6) != 0;
      naive.witnesses.push_back(w);
      Witness& witness =
          b.order(w.thread, locks[static_cast<std::size_t>(w.from)], locks[static_cast<std::size_t>(w.to)]);
      witness.segment = w.segment;
      if (!w.waits) witness.request = RequestKind::Try;
      if (w.gate >= 0)
        witness.held = {{w.gate < naive.locks ? locks[static_cast<std::size_t>(w.gate)]
                                              : gate_locks[static_cast<std::size_t>(w.gate - naive.locks)],
                         {},
                         Mode::Exclusive}};
    }
    const std::set<std::pair<int, int>> expected = naive.feasiblePairs();

    const Report report = derived({b.report});
    std::set<std::pair<int, int>> found;
    for (const Finding& finding : report.findings) {
      if (finding.confidence != Confidence::Likely) continue;
      for (Id id : finding.edges) {
        const OrderEdge* edge = byId(report.lock_order, id);
        ASSERT_NE(edge, nullptr);
        const auto number = [&](Id lock) { return std::stoi(byId(report.locks, lock)->name.substr(4)); };
        found.insert({number(edge->from), number(edge->to)});
      }
    }
    EXPECT_EQ(found, expected) << "seed " << GetParam() << " round " << round;
    ++(expected.empty() ? without : with_cycles);
  }
  EXPECT_GT(with_cycles, 10);
  EXPECT_GT(without, 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomGraphs, ::testing::Range(1, 9));

}  // namespace
}  // namespace gridlock::test
