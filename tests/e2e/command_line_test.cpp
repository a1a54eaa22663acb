// The commands as a script sees them: exit codes, what is written where, and what is not.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// One thread alone, no nesting: nothing to say. The first argument is the exit code.
const char kClean[] = R"(
#include <pthread.h>
#include <stdlib.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
int main(int argc, char **argv) {
  pthread_mutex_lock(&m);
  pthread_mutex_unlock(&m);
  return argc > 1 ? atoi(argv[1]) : 0;
})";

// The first argument is the exit code.
const char kCycle[] = R"(
#include <stdlib.h>
#include "support/two_orders.h"
int main(int argc, char **argv) {
  take_both_orders();
  return argc > 1 ? atoi(argv[1]) : 0;
})";

const char kHang[] = R"(
#define HANG_IN_BOTH_ORDERS
#include "support/two_orders.h"
int main(void) { hang_in_both_orders(); return 0; }
)";

const char kSleeper[] = "#include <unistd.h>\nint main(void) { for (;;) pause(); }\n";

class CommandLine : public InFolder {
 protected:
  CommandLine() : InFolder("command_line") {}

  ProcessResult run(std::vector<std::string> arguments,
                    std::chrono::milliseconds deadline = std::chrono::seconds(30)) {
    return gridlock(arguments, {.directory = folder_, .deadline = deadline});
  }
  bool has(const std::string& name) const { return fs::exists(file(name)); }
};

TEST_F(CommandLine, RunGivesTheProgramsOwnCode) {
  fs::path clean = program("clean", kClean);
  EXPECT_EQ(run({"run", "--", clean, "0"}).code, 0);
  EXPECT_EQ(run({"run", "--", clean, "3"}).code, 3);
  EXPECT_EQ(
      run({"run", "--", program("killed", "#include <signal.h>\nint main(void) { raise(SIGTERM); }\n")}).code,
      128 + 15);
}

TEST_F(CommandLine, RunGives66OnlyWhereTheProgramSaysZero) {
  fs::path cycle = program("cycle", kCycle);
  EXPECT_EQ(run({"run", "--", cycle}).code, 66);
  EXPECT_EQ(run({"run", "--", cycle, "3"}).code, 3);
  EXPECT_EQ(run({"run", "--fail-on", "error", "--", cycle}).code, 0);
  EXPECT_EQ(run({"run", "--fail-on", "never", "--", cycle}).code, 0);
  EXPECT_EQ(run({"run", "--fail-on", "warning", "--", cycle}).code, 66);
}

TEST_F(CommandLine, RunLeavesAReportOnlyWhereThereAreFindings) {
  ASSERT_EQ(run({"run", "--", program("cycle", kCycle)}).code, 66);
  EXPECT_EQ(rulesOf(file("gridlock-report.json")), Rules{"lock-order-cycle"});
  ASSERT_EQ(run({"run", "--", program("clean", kClean)}).code, 0);
  EXPECT_FALSE(has("gridlock-report.json")) << "a stale report must go";
  ASSERT_EQ(run({"run", "-o", "said.json", "--", program("clean", kClean)}).code, 0);
  EXPECT_EQ(rulesOf(file("said.json")), Rules{}) << "with -o the report is always written";
}

TEST_F(CommandLine, OutputGoesWhereItWasAskedFor) {
  fs::path cycle = program("cycle", kCycle);
  ProcessResult summary = run({"run", "--", cycle});
  EXPECT_EQ(summary.out, "") << "the program's stdout is the program's";
  EXPECT_NE(summary.err.find("lock-order-cycle"), std::string::npos) << summary.err;
  ProcessResult json = run({"run", "-o", "-", "--", cycle});
  EXPECT_EQ(json.out.substr(0, 1), "{") << json.out.substr(0, 200);
  ProcessResult text = run({"run", "--format", "text", "--", cycle});
  EXPECT_NE(text.out.find("red"), std::string::npos) << text.out;
  ProcessResult quiet = run({"run", "--quiet", "-o", "r.json", "--", cycle});
  EXPECT_EQ(quiet.err, "");
  EXPECT_EQ(quiet.code, 66);
}

TEST_F(CommandLine, ReportsOfOneRunAreEqualButForTimes) {
  fs::path cycle = program("cycle", kCycle);
  run({"run", "-o", "one.json", "--", cycle});
  run({"run", "-o", "two.json", "--", cycle});
  Result<nlohmann::json> one = support::loadReport(file("one.json"));
  Result<nlohmann::json> two = support::loadReport(file("two.json"));
  ASSERT_TRUE(one && two);
  ASSERT_EQ((*one)["findings"].size(), 1u);
  EXPECT_EQ((*one)["findings"][0]["fingerprint"], (*two)["findings"][0]["fingerprint"]);
  EXPECT_EQ((*one)["findings"][0]["locations"].size(), (*two)["findings"][0]["locations"].size());
}

TEST_F(CommandLine, ADeadlockEndsTheRun) {
  fs::path hang = program("hang", kHang);
  ProcessResult result = run({"run", "-o", "r.json", "--", hang});
  EXPECT_EQ(result.code, 66) << result.ending() << result.err;
  EXPECT_LT(result.seconds, 10);
  Rules rules = rulesOf(file("r.json"));
  EXPECT_TRUE(std::count(rules.begin(), rules.end(), "deadlock")) << testing::PrintToString(rules);
}

TEST_F(CommandLine, OnDeadlockReportLeavesTheProgramAlone) {
  ProcessResult result =
      run({"run", "--on-deadlock", "report", "--timeout", "2", "-o", "r.json", "--", program("hang", kHang)});
  EXPECT_EQ(result.code, 66) << result.ending() << result.err;
  EXPECT_GE(result.seconds, 1.8) << "it waits for the timeout";
  EXPECT_EQ(rulesOf(file("r.json")).at(0), "deadlock");
}

TEST_F(CommandLine, OnDeadlockAbortLeavesTheSignal) {
  ProcessResult result = run({"run", "--on-deadlock", "abort", "-o", "r.json", "--", program("hang", kHang)});
  EXPECT_TRUE(result.code == 66 || result.code == 128 + 6) << result.ending() << result.err;
  EXPECT_EQ(rulesOf(file("r.json")).at(0), "deadlock");
}

TEST_F(CommandLine, TimeoutWithoutAFindingIs124) {
  ProcessResult result = run({"run", "--timeout", "1", "-o", "r.json", "--", program("sleeper", kSleeper)});
  EXPECT_EQ(result.code, 124) << result.ending() << result.err;
  EXPECT_EQ(rulesOf(file("r.json")), Rules{});
}

TEST_F(CommandLine, CheckCodes) {
  writeFile(file("racy.c"), kRacy);
  writeFile(file("clean.c"), kClean);
  EXPECT_EQ(run({"check", "-o", "r.json", "racy.c", "--", "-pthread"}).code, 1);
  EXPECT_EQ(rulesOf(file("r.json")), Rules{"data-race"});
  EXPECT_EQ(run({"check", "-o", "c.json", "clean.c", "--"}).code, 0);
  EXPECT_EQ(rulesOf(file("c.json")), Rules{});
  EXPECT_EQ(run({"check", "--fail-on", "never", "racy.c", "--"}).code, 0);
  EXPECT_FALSE(has("gridlock-report.json")) << "check without -o writes no file";
}

TEST_F(CommandLine, CheckNamesFilesRelatively) {
  writeFile(file("src/racy.c"), kRacy);
  ASSERT_EQ(run({"check", "-o", "r.json", "src/racy.c", "--", "-pthread"}).code, 1);
  Result<nlohmann::json> report = support::loadReport(file("r.json"));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["findings"][0]["locations"][0]["file"], "src/racy.c");
  EXPECT_EQ((*report)["findings"][0]["locations"][0]["line"], 3);
}

TEST_F(CommandLine, ReportReadsOneAndMany) {
  fs::path cycle = program("cycle", kCycle);
  run({"run", "-o", "one.json", "--", cycle});
  run({"run", "-o", "two.json", "--", program("clean", kClean)});
  EXPECT_EQ(run({"report", "one.json"}).code, 1);
  EXPECT_EQ(run({"report", "two.json"}).code, 0);
  EXPECT_EQ(run({"report", "-o", "both.json", "one.json", "two.json"}).code, 1);
  EXPECT_EQ(rulesOf(file("both.json")), Rules{"lock-order-cycle"});
  EXPECT_EQ(run({"report", "--fail-on", "never", "one.json"}).code, 0);
}

TEST_F(CommandLine, DiffTellsNewFromGone) {
  run({"run", "-o", "cycle.json", "--", program("cycle", kCycle)});
  run({"run", "-o", "clean.json", "--", program("clean", kClean)});
  ProcessResult worse = run({"diff", "clean.json", "cycle.json"});
  EXPECT_EQ(worse.code, 1) << worse.err;
  EXPECT_NE((worse.out + worse.err).find("1 new"), std::string::npos) << worse.out << worse.err;
  ProcessResult better = run({"diff", "cycle.json", "clean.json"});
  EXPECT_EQ(better.code, 0) << better.err;
  EXPECT_NE((better.out + better.err).find("1 gone"), std::string::npos) << better.out << better.err;
  EXPECT_EQ(run({"diff", "cycle.json", "cycle.json"}).code, 0);
}

TEST_F(CommandLine, BaselineAndSuppressionsQuietWhatIsKnown) {
  fs::path cycle = program("cycle", kCycle);
  ASSERT_EQ(run({"run", "-o", "old.json", "--", cycle}).code, 66);
  EXPECT_EQ(run({"run", "--baseline", "old.json", "-o", "new.json", "--", cycle}).code, 0);
  Result<nlohmann::json> report = support::loadReport(file("new.json"));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["findings"][0]["status"], "known");
}

TEST_F(CommandLine, ExplainKnowsEveryRule) {
  static const char* const kRules[] = {
#define GRIDLOCK_RULE(name, id, title, ...) id,
#include "analyzer/model/rules.def"
#undef GRIDLOCK_RULE
  };
  for (const char* rule : kRules) {
    ProcessResult result = run({"explain", rule});
    EXPECT_EQ(result.code, 0) << rule << result.err;
    EXPECT_GT(result.out.size(), 200u) << rule;
  }
  ProcessResult unknown = run({"explain", "no-such-rule"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("no-such-rule"), std::string::npos) << unknown.err;
}

TEST_F(CommandLine, EveryFormatIsWritten) {
  run({"run", "-o", "r.json", "--", program("cycle", kCycle)});
  for (const char* format : {"json", "text", "sarif", "html", "dot", "gitlab", "junit"}) {
    ProcessResult result = run({"report", "--format", format, "r.json"});
    EXPECT_EQ(result.code, 1) << format << result.err;
    EXPECT_FALSE(result.out.empty()) << format;
  }
  EXPECT_EQ(run({"report", "-o", "r.sarif", "r.json"}).code, 1);
  EXPECT_NE(readFile(file("r.sarif")).find("2.1.0"), std::string::npos) << "guessed from the file's ending";
}

TEST_F(CommandLine, BadUsageIsTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"no-such-command"},
                                             {"run"},
                                             {"run", "--no-such-option", "--", "/bin/true"},
                                             {"run", "--fail-on", "sometimes", "--", "/bin/true"},
                                             {"run", "--on-deadlock", "cry", "--", "/bin/true"},
                                             {"run", "--timeout", "-1", "--", "/bin/true"},
                                             {"run", "--format", "docx", "--", "/bin/true"},
                                             {"report"},
                                             {"diff"},
                                             {"diff", "only-one.json"}}) {
    ProcessResult result = run(arguments);
    EXPECT_EQ(result.code, 2) << testing::PrintToString(arguments) << result.ending() << result.err;
    EXPECT_FALSE(result.err.empty()) << testing::PrintToString(arguments);
  }
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_EQ(run({"--version"}).code, 0);
}

}  // namespace
}  // namespace gridlock::e2e
