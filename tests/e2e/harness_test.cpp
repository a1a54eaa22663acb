// The harness tested: it must fail when an expected finding is missing, when an unexpected one
// comes, and when a comment is malformed; and no child outlives its deadline.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/expect.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using support::Engine;
using support::Kind;
using support::Scenario;

// A scenario from text, as if it lay in testdata.
Result<Scenario> read(const std::string& text, const std::string& name = "race/cache_bad.cpp") {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  fs::path folder = support::scratchFolder(std::string("harness/") + test->name());
  writeFile(folder / name, text);
  return support::readScenario(folder, folder / name);
}

Scenario good(const std::string& text, const std::string& name = "race/cache_bad.cpp") {
  Result<Scenario> scenario = read(text, name);
  EXPECT_TRUE(scenario) << scenario.error().text();
  return scenario ? *scenario : Scenario{};
}

struct Reported {
  std::string rule;
  int line;
  std::string severity = "warning";
  std::string status = "new";
};

json reportOf(const Scenario& scenario, const std::vector<Reported>& findings) {
  json list = json::array();
  for (const Reported& one : findings)
    list.push_back(
        {{"rule", one.rule},
         {"severity", one.severity},
         {"status", one.status},
         {"message", "m"},
         {"locations", json::array({{{"file", "elsewhere.h"}, {"line", 1}},
                                    {{"file", scenario.main_file.filename()}, {"line", one.line}}})}});
  return {{"findings", list}};
}

std::vector<std::string> differences(const Scenario& scenario, const std::vector<Reported>& findings,
                                     Engine engine = Engine::Static) {
  return support::compare(scenario, engine, "", reportOf(scenario, findings), {scenario.directory});
}

const char kBad[] = "// gridlock: mode=static\nint a;\na++;  // expect: data-race\n";

TEST(Harness, MissingFindingFails) {
  Scenario scenario = good(kBad);
  EXPECT_EQ(differences(scenario, {{"data-race", 3}}), std::vector<std::string>{});
  EXPECT_EQ(differences(scenario, {}).size(), 1u);
  EXPECT_EQ(differences(scenario, {{"data-race", 2}}).size(), 2u) << "wrong line: missing and unexpected";
  EXPECT_EQ(differences(scenario, {{"inconsistent-guard", 3}}).size(), 2u) << "wrong rule";
  EXPECT_EQ(differences(scenario, {{"data-race", 3, "warning", "suppressed"}}).size(), 1u);
}

TEST(Harness, UnexpectedFindingFails) {
  Scenario scenario = good(kBad);
  EXPECT_EQ(differences(scenario, {{"data-race", 3}, {"unlock-not-held", 2}}).size(), 1u);
  EXPECT_EQ(differences(scenario, {{"data-race", 3}, {"unlock-not-held", 2, "error"}}).size(), 1u);
  EXPECT_EQ(differences(scenario, {{"data-race", 3}, {"data-race", 2}}).size(), 1u);
}

TEST(Harness, NotesCountOnlyWhereTheirRuleIsMeant) {
  Scenario scenario = good(kBad);
  EXPECT_EQ(differences(scenario, {{"data-race", 3}, {"contention", 2, "note"}}).size(), 0u);
  EXPECT_EQ(differences(scenario, {{"data-race", 3}, {"data-race", 2, "note"}}).size(), 1u);
  Scenario named = good("// gridlock: mode=static args=--rule=contention\na++;  // expect: data-race\n");
  EXPECT_EQ(differences(named, {{"data-race", 2}, {"contention", 1, "note"}}).size(), 1u);
}

TEST(Harness, ExpectNoneCoversItsLineOrTheWholeCase) {
  Scenario line = good("// gridlock: mode=static\na++;  // expect-none: data-race\n", "race/cache_ok.cpp");
  EXPECT_EQ(differences(line, {}).size(), 0u);
  EXPECT_EQ(differences(line, {{"data-race", 2, "note"}}).size(), 1u);
  EXPECT_EQ(differences(line, {{"data-race", 1, "note"}}).size(), 0u) << "a note elsewhere";
  Scenario whole = good("// gridlock: mode=static expect-none: data-race\na++;\n", "race/cache_ok.cpp");
  EXPECT_EQ(differences(whole, {{"data-race", 2, "note"}}).size(), 1u);
  Scenario except = good(
      "// gridlock: mode=static expect-none: data-race also: data-race severity=note\na++;  // also: "
      "data-race "
      "severity=note\n",
      "race/cache_ok.cpp");
  EXPECT_EQ(differences(except, {{"data-race", 2, "note"}}).size(), 0u);
  EXPECT_EQ(differences(except, {{"data-race", 2, "warning"}}).size(), 1u);
}

TEST(Harness, KnownWeaknessesMustBeUpgraded) {
  Scenario miss = good("// gridlock: mode=static\na++;  // expect-miss: data-race\n");
  EXPECT_EQ(differences(miss, {}).size(), 0u);
  EXPECT_EQ(differences(miss, {{"data-race", 2}}).size(), 1u);
  Scenario alarm =
      good("// gridlock: mode=static\na++;  // expect-false-alarm: data-race\n", "race/cache_ok.cpp");
  EXPECT_EQ(differences(alarm, {{"data-race", 2}}).size(), 0u);
  EXPECT_EQ(differences(alarm, {}).size(), 1u);
}

TEST(Harness, EngineShiftSeverityAndOptional) {
  Scenario scenario = good(
      "// gridlock: mode=static,runtime\n"
      "// expect@+1: deadlock via=runtime  expect@+1: lock-order-cycle via=static severity=warning\n"
      "lock(b);\n"
      "lock(a);  // also: deadlock -- the other side\n");
  EXPECT_EQ(differences(scenario, {{"deadlock", 3, "error"}}, Engine::Runtime).size(), 0u);
  EXPECT_EQ(
      differences(scenario, {{"deadlock", 3, "error"}, {"deadlock", 4, "error"}}, Engine::Runtime).size(),
      0u);
  EXPECT_EQ(differences(scenario, {{"deadlock", 3, "error"}}, Engine::Static).size(), 2u);
  EXPECT_EQ(differences(scenario, {{"lock-order-cycle", 3}}, Engine::Static).size(), 0u);
  EXPECT_EQ(differences(scenario, {{"lock-order-cycle", 3, "note"}}, Engine::Static).size(), 2u);
}

TEST(Harness, MalformedCommentsAreErrorsWithFileAndLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"a++;  // expect: data-races\n", "unknown rule 'data-races'"},
      {"a++;  // expect:\n", "without a rule"},
      {"a++;  // expcet-none: data-race\n// expect: data-race via=dynamic\n", "via is static or runtime"},
      {"a++;  // expect-non: data-race\n", "unknown expectation 'expect-non'"},
      {"a++;  // expect-none data-race\n", "needs a colon"},
      {"a++;  // expect@1: data-race\n", "+N or -N"},
      {"a++;  // expect: data-race severity=bad\n", "severity is"},
      {"a++;  // expect: data-race lock=futex\n", "no such lock type"},
      {"a++;  // expect: data-race deadlock\n", "after an expectation"},
      {"a++;  // expect: data-race because it is\n", "after an expectation"},
      {"// gridlock: mode=static\n", "must be line 1"},
  };
  for (const auto& [body, message] : cases) {
    Result<Scenario> scenario = read(std::string("// gridlock: mode=static\n") + body);
    ASSERT_FALSE(scenario) << body;
    EXPECT_NE(scenario.error().text().find(message), std::string::npos) << scenario.error().text();
    EXPECT_NE(scenario.error().text().find("cache_bad.cpp: line "), std::string::npos)
        << scenario.error().text();
  }
  const std::pair<const char*, const char*> headers[] = {
      {"// gridlock:\n", "names no mode"},
      {"// gridlock: mode=dynamic\n", "mode is static or runtime"},
      {"// gridlock: mode=static lock=mutex\n", "unknown key 'lock'"},
      {"// gridlock: mode=static locks=futex\n", "no such lock type"},
      {"// gridlock: mode=static fast\n", "is not key=value"},
      {"int a;\n", "no header line"},
      {"// gridlock: mode=static\nint a;\n", "expects nothing"},
  };
  for (const auto& [text, message] : headers) {
    Result<Scenario> scenario = read(text);
    ASSERT_FALSE(scenario) << text;
    EXPECT_NE(scenario.error().text().find(message), std::string::npos) << scenario.error().text();
  }
  EXPECT_FALSE(read(kBad, "race/cache_ok.cpp")) << "an _ok name with a defect";
  EXPECT_FALSE(read(kBad, "race/cache.cpp")) << "a name that does not say";
}

TEST(Harness, ProseIsNotAnExpectation) {
  Scenario scenario = good(
      "// gridlock: mode=static\n// as you expect, it also works; see http://expect.example/\na++;  // "
      "expect: "
      "data-race\n");
  EXPECT_EQ(scenario.expectations.size(), 1u);
}

TEST(Harness, ChildrenEndAtTheirDeadline) {
  support::ProcessResult result =
      support::runShell("echo started; sleep 100 & sleep 100", {.deadline = std::chrono::milliseconds(300)});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.out, "started\n");
  EXPECT_LT(result.seconds, 5);
  EXPECT_EQ(support::runShell("exit 3").code, 3);
  EXPECT_EQ(support::runShell("kill -TERM $$").signal, SIGTERM);
  EXPECT_EQ(support::runProcess({"/no/such/program"}).code, 127);
}

TEST(Harness, SchemaIsApplied) {
  fs::path folder = support::scratchFolder("harness/schema");
  writeFile(folder / "empty.json", "{}");
  writeFile(folder / "text.json", "not json");
  EXPECT_FALSE(support::loadReport(folder / "empty.json"));
  EXPECT_FALSE(support::loadReport(folder / "text.json"));
  EXPECT_FALSE(support::loadReport(folder / "absent.json"));
  writeFile(
      folder / "good.json",
      R"({"schema": "gridlock-report/1", "tool": {"name": "gridlock", "version": "0"}, "runs": [], "sites": [],
                "stacks": [], "threads": [], "segments": [], "locks": [], "criticalSections": [], "lockOrder": [],
                "waitFor": [], "sharedState": [], "findings": []})");
  Result<json> report = support::loadReport(folder / "good.json");
  EXPECT_TRUE(report) << report.error().text();
}

}  // namespace
}  // namespace gridlock::e2e
