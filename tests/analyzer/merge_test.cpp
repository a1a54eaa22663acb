// Many reports into one: what is the same becomes one row, what only looks so does not.
#include "analyzer/model/merge.h"

#include <gtest/gtest.h>

#include "analyzer/model/check.h"
#include "report_builder.h"

namespace gridlock::test {
namespace {

using namespace gridlock::model;

TEST(Merge, NothingGivesAnEmptyReport) { EXPECT_TRUE(merge({}).runs.empty()); }

TEST(Merge, JoinsLocksSitesAndStacksByContent) {
  ReportBuilder x;
  x.lock("only here");
  const Id m = x.lock("m");
  x.report.locks[m].declared = x.site("m.h", 3, "");
  x.orderAt(x.thread("f"), m, 1, x.lock("n"), 2);
  ReportBuilder y;
  const Id n = y.lock("n");
  const Id m2 = y.lock("m");
  y.orderAt(y.thread("f"), m2, 1, n, 2);
  const Report merged = merge({x.report, y.report});
  EXPECT_FALSE(brokenReference(merged).has_value());
  EXPECT_EQ(merged.runs.size(), 2u);
  EXPECT_EQ(merged.threads.size(), 2u);
  EXPECT_EQ(merged.locks.size(), 3u);
  EXPECT_EQ(merged.stacks.size(), 2u);
  EXPECT_EQ(merged.sites.size(), 3u);
  ASSERT_EQ(merged.lock_order.size(), 1u);
  EXPECT_EQ(merged.lock_order[0].count, 2u);
  EXPECT_EQ(merged.lock_order[0].witnesses.size(), 2u);
}

TEST(Merge, LocksOfOneNameInDifferentFilesStayApart) {
  ReportBuilder x;
  x.report.locks[x.lock("lock")].declared = x.site("a.c", 3, "");
  ReportBuilder y;
  y.report.locks[y.lock("lock")].declared = y.site("b.c", 3, "");
  EXPECT_EQ(merge({x.report, y.report}).locks.size(), 2u);
  EXPECT_EQ(merge({x.report, x.report}).locks.size(), 1u);
  ReportBuilder z;
  z.lock("lock", LockKind::Rwlock);
  EXPECT_EQ(merge({x.report, z.report}).locks.size(), 2u);
}

TEST(Merge, InstancesOfJoinedRowsDoNotMeet) {
  // One class that an observer gives as two rows, each with an instance 1.
  ReportBuilder b;
  const Id first = b.lock("Node::m", LockKind::Mutex, 2);
  b.report.locks.push_back(b.report.locks[first]);
  const Id second = b.report.locks.back().id = 1;
  const Id other = b.lock("global");
  b.order(b.thread("x"), first, other).from_instance = 1;
  b.order(b.thread("y"), other, second).to_instance = 1;
  const Report merged = merge({b.report});
  ASSERT_EQ(merged.locks.size(), 2u);
  EXPECT_NE(merged.lock_order[0].witnesses[0].from_instance, merged.lock_order[1].witnesses[0].to_instance);
}

TEST(Merge, CriticalSectionsAddUp) {
  ReportBuilder b;
  CriticalSection section;
  section.lock = b.lock("m");
  section.enter = b.site("a.c", 1, "f");
  section.count = 10;
  section.hold_ns = Times{100, 30, 10, 20};
  section.contended = 1;
  b.report.critical_sections.push_back(section);
  const Report merged = merge({b.report, b.report});
  ASSERT_EQ(merged.critical_sections.size(), 1u);
  EXPECT_EQ(merged.critical_sections[0].count, 20u);
  EXPECT_EQ(merged.critical_sections[0].hold_ns->total, 200u);
  EXPECT_EQ(merged.critical_sections[0].hold_ns->max, 30u);
  EXPECT_FALSE(merged.critical_sections[0].hold_ns->p50.has_value());
  EXPECT_EQ(merged.critical_sections[0].contended, 2u);
}

TEST(Merge, OneFindingOfManyRunsAndTheSurestWins) {
  ReportBuilder x;
  Finding finding;
  finding.rule = Rule::UnlockNotHeld;
  finding.confidence = Confidence::Likely;
  finding.locations = {{"a.c", 1, 1, "f", "unlocks"}};
  x.report.findings = {finding};
  ReportBuilder y;
  finding.confidence = Confidence::Proven;
  y.report.findings = {finding};
  const Report merged = merge({x.report, y.report});
  ASSERT_EQ(merged.findings.size(), 1u);
  EXPECT_EQ(merged.findings[0].confidence, Confidence::Proven);
}

TEST(Merge, TwoDefectsOfOneFunctionStayTwo) {
  ReportBuilder b;
  Finding finding;
  finding.rule = Rule::LockNotReleased;
  finding.locations = {{"a.c", 1, 1, "f", "returns"}};
  b.report.findings = {finding, finding};
  b.report.findings[1].id = 1;
  b.report.findings[1].locations[0].line = 9;
  EXPECT_EQ(merge({b.report}).findings.size(), 2u);
  EXPECT_EQ(merge({b.report, b.report}).findings.size(), 2u);
}

TEST(Merge, SegmentsStayOrdered) {
  ReportBuilder b;
  const Id t = b.thread("f");
  const Id first = b.segment(t);
  b.segment(t, {first});
  const Report merged = merge({b.report, b.report});
  ASSERT_EQ(merged.segments.size(), 4u);
  EXPECT_EQ(merged.segments[3].after, std::vector<Id>{2});
  EXPECT_FALSE(brokenReference(merged).has_value());
}

}  // namespace
}  // namespace gridlock::test
