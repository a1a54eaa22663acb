// Rules, severities, stable names and fingerprints.
#include "analyzer/model/finding.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "analyzer/model/frames.h"
#include "analyzer/model/names.h"
#include "report_builder.h"

namespace gridlock::test {
namespace {

using namespace gridlock::model;

TEST(Rules, IdsAreUniqueAndDocumented) {
  std::ifstream in(std::string(GRIDLOCK_SOURCE_DIR) + "/docs/rules.md");
  std::stringstream text;
  text << in.rdbuf();
  std::set<std::string_view> ids;
  for (const RuleInfo& rule : rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_EQ(ruleFromId(rule.id), rule.rule);
    EXPECT_FALSE(rule.cwe.empty()) << rule.id;
    EXPECT_NE(text.str().find("\n## " + std::string(rule.id) + "\n"), std::string::npos)
        << rule.id << " has no section in docs/rules.md";
    for (int cwe : rule.cwe)
      EXPECT_NE(text.str().find("CWE-" + std::to_string(cwe)), std::string::npos) << rule.id;
  }
  EXPECT_EQ(ids.size(), 21u);
  EXPECT_FALSE(ruleFromId("no-such-rule").has_value());
}

TEST(Severity, FollowsConfidence) {
  EXPECT_EQ(severityFor(Rule::DataRace, Confidence::Proven), Severity::Error);
  EXPECT_EQ(severityFor(Rule::DataRace, Confidence::Likely), Severity::Warning);
  EXPECT_EQ(severityFor(Rule::DataRace, Confidence::Possible), Severity::Note);
  EXPECT_EQ(severityFor(Rule::Contention, Confidence::Proven), Severity::Note);
}

TEST(Names, AreStableAcrossBuildsAndEdits) {
  EXPECT_EQ(stableName("Cache<int, std::less<int>>::mutex_"), "Cache::mutex_");
  EXPECT_EQ(stableName("ns::f(int, char const*) const"), "ns::f");
  EXPECT_EQ(stableName("f(int) [clone .cold]"), "f");
  EXPECT_EQ(stableName("f.constprop.0"), "f.constprop");
  EXPECT_EQ(stableName("main()::lock#2"), "main::lock");
  EXPECT_EQ(stableName("run()::{lambda(int)#3}::operator()(int) const"), "run::{lambda}::operator()");
  EXPECT_EQ(stableName("mutex first taken at dir/a.c:12:5"), "mutex first taken at dir/a.c");
  EXPECT_EQ(stableName("(anonymous namespace)::m"), "(anonymous namespace)::m");
  EXPECT_EQ(stableName("S::operator<(S const&)"), "S::operator<");
  EXPECT_EQ(stableName("S::operator<<<int>(int)"), "S::operator<<");
  EXPECT_EQ(stableName("dir/file.c:variable"), "dir/file.c:variable");
  EXPECT_EQ(stableName(""), "");
  for (const char* odd : {"<", "(", "a<b", "x(y", "operator", "operator<", "#1", "]]]", "a>b>c"})
    EXPECT_FALSE(stableName(odd).empty()) << odd;
  EXPECT_EQ(withoutTemplateArguments("Cache<int>::f(int)"), "Cache::f(int)");
}

class Fingerprints : public ::testing::Test {
 protected:
  Finding finding() {
    Finding out;
    out.rule = Rule::LockNotReleased;
    out.locks = {b.lock("Cache<int>::mutex_")};
    out.locations = {{"a.cpp", 10, 2, "put(int)", "leaves"}};
    return out;
  }
  ReportBuilder b;
};

TEST_F(Fingerprints, IgnoreLinesIdsAndTemplateArguments) {
  const Finding first = finding();
  Finding second = first;
  second.id = 77;
  second.message = "other words";
  second.locations[0].line = 99;
  second.locations[0].column = 1;
  second.locks = {b.lock("Cache<long>::mutex_")};
  EXPECT_EQ(fingerprint(b.report, first), fingerprint(b.report, second));
  EXPECT_EQ(fingerprint(b.report, first).size(), 16u);
}

TEST_F(Fingerprints, TellRulesLocksAndFunctionsApart) {
  const Finding first = finding();
  Finding rule = first;
  rule.rule = Rule::UnlockNotHeld;
  Finding lock = first;
  lock.locks = {b.lock("other")};
  Finding function = first;
  function.locations[0].function = "take(int)";
  std::set<std::string> all;
  for (const Finding* finding : std::initializer_list<const Finding*>{&first, &rule, &lock, &function})
    all.insert(fingerprint(b.report, *finding));
  EXPECT_EQ(all.size(), 4u);
}

TEST_F(Fingerprints, DoNotDependOnFurtherPlaces) {
  const Finding first = finding();
  Finding more = first;
  more.locations.push_back({"b.cpp", 3, 0, "elsewhere", "also"});
  EXPECT_EQ(fingerprint(b.report, first), fingerprint(b.report, more));
}

TEST(Frames, TheUsersCallIsShownAndThePrimitiveInAWrapper) {
  const std::vector<Frame> frames = {
      {"/usr/include/c++/12/bits/std_mutex.h", 100, 0, "std::mutex::lock()"},
      {"port/port.h", 20, 0, "port::Mutex::Lock()"},
      {"util/mutexlock.h", 30, 0, "leveldb::MutexLock::MutexLock(port::Mutex*)"},
      {"db/db.cc", 40, 0, "leveldb::DB::Get()"},
      {"app.cc", 50, 0, "main"}};
  const Acquisition acquisition = acquisitionOf(frames);
  EXPECT_EQ(acquisition.call.line, 40);
  ASSERT_TRUE(acquisition.primitive.has_value());
  EXPECT_EQ(acquisition.primitive->line, 20);
  EXPECT_EQ(acquisitionOf({frames[0], frames[3]}).call.line, 40);
  EXPECT_FALSE(acquisitionOf({frames[0], frames[3]}).primitive.has_value());
  EXPECT_EQ(acquisitionOf({frames[1]}).call.line, 20) << "a wrapper alone is better than nothing";
  EXPECT_TRUE(acquisitionOf({}).call.file.empty());
}

}  // namespace
}  // namespace gridlock::test
