// One graph over many runs: A→B in one, B→A in another, and from the static pass.
#include <gtest/gtest.h>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// With an argument the locks are taken the other way round. Each run has one order only, in a thread of
// its own beside main.
const char kEitherOrder[] = R"(
#include <pthread.h>
pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER, blue = PTHREAD_MUTEX_INITIALIZER;
static void *forth(void *p) {
  pthread_mutex_lock(&red); pthread_mutex_lock(&blue);
  pthread_mutex_unlock(&blue); pthread_mutex_unlock(&red);
  return p;
}
static void *back(void *p) {
  pthread_mutex_lock(&blue); pthread_mutex_lock(&red);
  pthread_mutex_unlock(&red); pthread_mutex_unlock(&blue);
  return p;
}
int main(int argc, char **argv) {
  (void)argv;
  pthread_t a;
  pthread_create(&a, 0, argc > 1 ? back : forth, 0);
  pthread_join(a, 0);
  return 0;
})";

class Merge : public InFolder {
 protected:
  Merge() : InFolder("merge") {}
  ProcessResult run(const std::vector<std::string>& arguments) {
    return gridlock(arguments, {.directory = folder_});
  }
};

TEST_F(Merge, TwoRunsGiveTheCycleThatNeitherHolds) {
  fs::path either = program("either", kEitherOrder);
  EXPECT_EQ(run({"run", "-o", "forth.json", "--", either}).code, 0);
  EXPECT_EQ(run({"run", "-o", "back.json", "--", either, "back"}).code, 0);
  EXPECT_EQ(run({"report", "forth.json"}).code, 0);
  EXPECT_EQ(run({"report", "back.json"}).code, 0);
  ProcessResult both = run({"report", "-o", "both.json", "forth.json", "back.json"});
  EXPECT_EQ(both.code, 1) << both.err;
  EXPECT_EQ(rulesOf(folder_ / "both.json"), Rules{"lock-order-cycle"});
  Result<nlohmann::json> report = support::loadReport(folder_ / "both.json");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["runs"].size(), 2u);
  EXPECT_EQ((*report)["findings"][0]["edges"].size(), 2u);
}

TEST_F(Merge, OrderAndRepetitionOfTheInputsDoNotMatter) {
  fs::path either = program("either", kEitherOrder);
  run({"run", "-o", "forth.json", "--", either});
  run({"run", "-o", "back.json", "--", either, "back"});
  run({"report", "-o", "one.json", "forth.json", "back.json"});
  run({"report", "-o", "two.json", "back.json", "forth.json", "back.json"});
  Result<nlohmann::json> one = support::loadReport(folder_ / "one.json");
  Result<nlohmann::json> two = support::loadReport(folder_ / "two.json");
  ASSERT_TRUE(one && two);
  ASSERT_EQ((*one)["findings"].size(), 1u);
  ASSERT_EQ((*two)["findings"].size(), 1u);
  EXPECT_EQ((*one)["findings"][0]["fingerprint"], (*two)["findings"][0]["fingerprint"]);
}

TEST_F(Merge, AMergedReportCanBeMergedAgain) {
  fs::path either = program("either", kEitherOrder);
  run({"run", "-o", "forth.json", "--", either});
  run({"run", "-o", "back.json", "--", either, "back"});
  run({"report", "-o", "forth-again.json", "forth.json"});
  EXPECT_EQ(run({"report", "-o", "all.json", "forth-again.json", "back.json"}).code, 1);
  EXPECT_EQ(rulesOf(folder_ / "all.json"), Rules{"lock-order-cycle"});
}

TEST_F(Merge, StaticAndRuntimeReportsJoin) {
  writeFile(folder_ / "either.c", kEitherOrder);
  fs::path either = program("either", kEitherOrder);
  ASSERT_EQ(run({"run", "-o", "run.json", "--", either}).code, 0);
  ProcessResult check = run({"check", "-o", "check.json", "either.c", "--", "-pthread"});
  ASSERT_TRUE(check.code == 0 || check.code == 1) << check.err;
  ProcessResult both = run({"report", "-o", "both.json", "run.json", "check.json"});
  ASSERT_TRUE(both.code == 0 || both.code == 1) << both.err;
  Result<nlohmann::json> report = support::loadReport(folder_ / "both.json");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["runs"].size(), 2u);
}

}  // namespace
}  // namespace gridlock::e2e
