// Suppression files, baselines and the difference of two reports.
#include "analyzer/model/suppress.h"

#include <gtest/gtest.h>

#include <string>

#include "analyzer/model/diff.h"
#include "report_builder.h"

namespace gridlock::test {
namespace {

using namespace gridlock::model;

TEST(Template, WildcardsAndAnchors) {
  EXPECT_TRUE(matchesTemplate("foo", "a foo b"));
  EXPECT_FALSE(matchesTemplate("foo", "fo"));
  EXPECT_TRUE(matchesTemplate("^foo", "foobar"));
  EXPECT_FALSE(matchesTemplate("^foo", "a foo"));
  EXPECT_TRUE(matchesTemplate("bar$", "foobar"));
  EXPECT_FALSE(matchesTemplate("foo$", "foobar"));
  EXPECT_TRUE(matchesTemplate("^foo$", "foo"));
  EXPECT_FALSE(matchesTemplate("^foo$", "foofoo"));
  EXPECT_TRUE(matchesTemplate("f*r", "xfoobarx"));
  EXPECT_TRUE(matchesTemplate("^f*r$", "foobar"));
  EXPECT_FALSE(matchesTemplate("^f*z$", "foobar"));
  EXPECT_TRUE(matchesTemplate("^a*b*b$", "abb"));
  EXPECT_FALSE(matchesTemplate("^a*b*b$", "ab"));
  EXPECT_TRUE(matchesTemplate("*", "x"));
  EXPECT_FALSE(matchesTemplate("*", ""));
  EXPECT_TRUE(matchesTemplate("^ab*$", "ab"));
  EXPECT_TRUE(matchesTemplate("^*$", "anything"));
}

std::string problem(const std::string& text) {
  const auto parsed = parseSuppressions(text, "x.supp");
  return parsed ? std::string() : parsed.error().text();
}

TEST(SuppressionFile, IsReadAsTheSanitizersDo) {
  const auto parsed =
      parseSuppressions("# comment\n\n  race:foo  \r\ndeadlock:^a*b$\nlock:m\ndata-race:x:y", "x.supp");
  ASSERT_TRUE(parsed) << parsed.error().text();
  ASSERT_EQ(parsed->size(), 4u);
  EXPECT_EQ((*parsed)[0].text(), "race:foo");
  EXPECT_EQ((*parsed)[0].line, 3);
  EXPECT_EQ((*parsed)[3].pattern, "x:y");
}

TEST(SuppressionFile, FaultsNameFileAndLine) {
  EXPECT_EQ(problem("race:a\nnonsense\n"), "x.supp: line 2: expected type:template, found 'nonsense'");
  EXPECT_EQ(problem("rase:a"), "x.supp: line 1: unknown suppression type 'rase'");
  EXPECT_EQ(problem("race:"), "x.supp: line 1: the template after 'race:' is empty");
  EXPECT_EQ(problem(std::string("race:a\n\0\0", 9)),
            "x.supp: line 2: not a suppression file: it holds a NUL byte");
}

class Suppressing : public ::testing::Test {
 protected:
  Suppressing() {
    const Id t1 = b.thread("saver");
    const Id t2 = b.thread("loader");
    b.orderAt(t1, b.lock("Cache<int>::mutex_"), 1, b.lock("journal"), 2);
    b.orderAt(t2, b.lock("journal"), 3, b.lock("Cache<int>::mutex_"), 4);
    Finding race;
    race.rule = Rule::DataRace;
    race.confidence = Confidence::Proven;
    race.message = "race";
    race.locations = {{"stats.cpp", 5, 1, "Stats::add(int)", "writes"}};
    SharedState state;
    state.name = "Stats::count_";
    b.report.shared_state.push_back(state);
    race.state = {0};
    b.report.findings.push_back(race);
  }

  // Which of the two are suppressed by a file: "r" the race, "c" the cycle.
  std::string suppressed(const std::string& text) {
    const auto parsed = parseSuppressions(text, "x.supp");
    EXPECT_TRUE(parsed) << parsed.error().text();
    filters.suppressions = *parsed;
    const Report report = derive({b.report}, filters);
    std::string out;
    for (const Finding& finding : report.findings)
      if (finding.status == model::Status::Suppressed) out += finding.rule == Rule::DataRace ? "r" : "c";
    return out;
  }

  ReportBuilder b;
  Filters filters;
};

TEST_F(Suppressing, ByFamilyRuleLockClassEdgeStateAndFile) {
  EXPECT_EQ(suppressed("race:Stats::add"), "r");
  EXPECT_EQ(suppressed("race:stats.cpp"), "r");
  EXPECT_EQ(suppressed("race:Stats::count_"), "r");
  EXPECT_EQ(suppressed("data-race:Stats"), "r");
  EXPECT_EQ(suppressed("deadlock:saver"), "c");
  EXPECT_EQ(suppressed("deadlock:^f.cpp$"), "c");
  EXPECT_EQ(suppressed("lock-order-cycle:journal"), "c");
  EXPECT_EQ(suppressed("lock:^Cache<int>::mutex_$"), "c");
  EXPECT_EQ(suppressed("class:^Cache::mutex_$"), "c");
  EXPECT_EQ(suppressed("edge:journal -> Cache"), "c");
  EXPECT_EQ(suppressed("edge:^journal->Cache*$"), "c");
  EXPECT_EQ(suppressed("race_top:Stats::add"), "r");
  EXPECT_EQ(suppressed("race:saver"), "");
  EXPECT_EQ(suppressed("deadlock:Stats"), "");
  EXPECT_EQ(suppressed("mutex:journal"), "");
  EXPECT_EQ(suppressed("lock:other"), "");
}

TEST_F(Suppressing, HitsAreCountedAndFindingsDoNotCount) {
  suppressed("race:Stats\nrace:nothing\ndeadlock:*");
  EXPECT_EQ(filters.suppressions[0].hits, 1u);
  EXPECT_EQ(filters.suppressions[1].hits, 0u);
  EXPECT_EQ(filters.suppressions[2].hits, 1u);
  EXPECT_EQ(countFindings(derive({b.report}, filters), Severity::Note), 0u);
}

TEST_F(Suppressing, TheBaselineMakesFindingsKnown) {
  const Report before = derived({b.report});
  filters.baseline = baselineOf(before);
  b.report.sites[0].line += 100;  // the code moved
  Finding fresh;
  fresh.rule = Rule::UnlockNotHeld;
  fresh.confidence = Confidence::Likely;
  fresh.message = "new one";
  fresh.locations = {{"n.cpp", 1, 1, "g", ""}};
  b.report.findings.push_back(fresh);
  const Report after = derive({b.report}, filters);
  EXPECT_EQ(countFindings(after, Severity::Warning), 1u);
  EXPECT_EQ(countFindings(after, std::nullopt), 0u);

  const Difference difference = compare(before, after);
  ASSERT_EQ(difference.added.size(), 1u);
  EXPECT_EQ(difference.added[0]->message, "new one");
  EXPECT_TRUE(difference.gone.empty());
  EXPECT_EQ(difference.unchanged, 2u);
  EXPECT_EQ(compare(after, before).gone.size(), 1u);
}

}  // namespace
}  // namespace gridlock::test
