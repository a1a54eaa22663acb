// A few full outputs, word for word, for a reviewer to read (testdata/golden; --update-golden rewrites them).
//
// Static ones only: they are the same on every machine once times, paths and versions are taken out.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/golden.h"

namespace gridlock::e2e {
namespace {

support::ProcessResult check(const std::string& format, const std::string& file) {
  support::ProcessResult result =
      gridlock({"check", "--color", "never", "--format", format, file, "--", "-std=c++20", "-I."},
               {.directory = testdataFolder()});
  EXPECT_EQ(result.code, 1) << result.err;
  return result;
}

TEST(Golden, TextOfARace) {
  EXPECT_EQ(support::compareGolden("race.txt", check("text", "race/session_cache_size_unlocked_bad.cpp").out),
            "");
}

TEST(Golden, TextOfALockOrderCycle) {
  EXPECT_EQ(support::compareGolden("lock_order_cycle.txt",
                                   check("text", "deadlock/logger_and_cache_call_each_other_bad.cpp").out),
            "");
}

TEST(Golden, JsonOfALockOrderCycle) {
  nlohmann::json report = nlohmann::json::parse(
      check("json", "deadlock/logger_and_cache_call_each_other_bad.cpp").out, nullptr, false);
  ASSERT_TRUE(report.is_object());
  report["tool"]["version"] = "VERSION";
  for (nlohmann::json& run : report["runs"]) {
    for (const char* key : {"command", "started", "seconds", "pid"}) run.erase(key);
  }
  EXPECT_EQ(support::compareGolden("lock_order_cycle.json", report.dump(1) + "\n"), "");
}

// The same finding in each of the other formats.
class GoldenFormat : public testing::TestWithParam<const char*> {};

TEST_P(GoldenFormat, OfALockOrderCycle) {
  const std::string format = GetParam();
  std::string page = check(format, "deadlock/logger_and_cache_call_each_other_bad.cpp").out;
  if (format == "sarif") {
    nlohmann::json sarif = nlohmann::json::parse(page, nullptr, false);
    ASSERT_TRUE(sarif.is_object());
    nlohmann::json& driver = sarif["runs"][0]["tool"]["driver"];
    for (const char* key : {"version", "semanticVersion"}) driver[key] = "VERSION";
    nlohmann::json& rules = driver["rules"];
    rules.erase(rules.begin() + 1, rules.end());  // one shows what they all are like
    rules[0]["help"] = "docs/rules.md";
    for (nlohmann::json& root : sarif["runs"][0]["originalUriBaseIds"]) root["uri"] = "file:///ROOT/";
    for (nlohmann::json& invocation : sarif["runs"][0]["invocations"]) {
      for (const char* key : {"startTimeUtc", "endTimeUtc", "processId", "commandLine", "arguments"})
        invocation.erase(key);
    }
    page = sarif.dump(1) + "\n";
  }
  EXPECT_EQ(support::compareGolden("lock_order_cycle." + format, page), "");
}

INSTANTIATE_TEST_SUITE_P(All, GoldenFormat, testing::Values("sarif", "html", "dot", "gitlab", "junit"),
                         [](const auto& format) { return std::string(format.param); });

}  // namespace
}  // namespace gridlock::e2e
