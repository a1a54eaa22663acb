// Several processes: one record each, one report for all.
#include <gtest/gtest.h>

#include <set>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// The parent takes red before blue, its forked child blue before red: the locks are copies, so no deadlock
// can come of it within one process; but the program has both orders.
const char kForks[] = R"(
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER, blue = PTHREAD_MUTEX_INITIALIZER;
int main(int argc, char **argv) {
  pthread_mutex_lock(&red); pthread_mutex_lock(&blue);
  pthread_mutex_unlock(&blue); pthread_mutex_unlock(&red);
  for (int i = 0; i < 3; ++i) {
    pid_t child = fork();
    if (child == 0) {
      pthread_mutex_lock(&red); pthread_mutex_lock(&blue);
      pthread_mutex_unlock(&blue); pthread_mutex_unlock(&red);
      if (argc > 1) execl(argv[1], argv[1], (char *)0);
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  return 0;
})";

const char kHangsInChild[] = R"(
#include <sys/wait.h>
#include <unistd.h>
#define HANG_IN_BOTH_ORDERS
#include "support/two_orders.h"
int main(void) {
  pid_t child = fork();
  if (child == 0) {
    hang_in_both_orders();
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  return 0;
})";

std::set<int> pids(const fs::path& report) {
  std::set<int> result;
  Result<nlohmann::json> json = support::loadReport(report);
  if (!json) {
    ADD_FAILURE() << json.error().text();
    return result;
  }
  for (const nlohmann::json& run : (*json)["runs"]) result.insert(run.value("pid", 0));
  return result;
}

TEST(Processes, ForkedChildrenHaveRunsOfTheirOwn) {
  fs::path folder = support::scratchFolder("processes/fork");
  ProcessResult result =
      gridlock({"run", "-o", "r.json", "--", program("forks", kForks)}, {.directory = folder});
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
  EXPECT_EQ(pids(folder / "r.json").size(), 4u) << "parent and three children";
  EXPECT_EQ(rulesOf(folder / "r.json"), Rules{});
}

TEST(Processes, ExecMakesANewImage) {
  fs::path folder = support::scratchFolder("processes/exec");
  fs::path forks = program("forks", kForks);
  ProcessResult result = gridlock({"run", "-o", "r.json", "--", forks, forks}, {.directory = folder});
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
  // Each of three children became the program, which forks three more.
  EXPECT_EQ(pids(folder / "r.json").size(), 1u + 3u + 9u);
}

TEST(Processes, ADeadlockInAChildIsReportedAndEndsTheRun) {
  fs::path folder = support::scratchFolder("processes/child_hangs");
  ProcessResult result = gridlock({"run", "-o", "r.json", "--", program("hangs_in_child", kHangsInChild)},
                                  {.directory = folder});
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.code, 66) << result.ending() << result.err;
  Rules rules = rulesOf(folder / "r.json");
  EXPECT_TRUE(std::count(rules.begin(), rules.end(), "deadlock")) << testing::PrintToString(rules);
}

// Looked at from outside, a stack leads from libc through the shim, which keeps frame pointers, into code
// that does not.
const char kAsksInSilence[] = R"(
#include <pthread.h>
#include <unistd.h>
static int ends[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t start;
__attribute__((noinline)) static long ask(void) {
  char answer;
  return read(ends[0], &answer, 1);
}
static void *asker(void *p) {
  pthread_mutex_lock(&mutex);
  pthread_barrier_wait(&start);
  if (ask() == 1) p = 0;
  pthread_mutex_unlock(&mutex);
  return p;
}
static void *answerer(void *p) {
  pthread_barrier_wait(&start);
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  return write(ends[1], "r", 1) == 1 ? p : 0;
}
int main(void) {
  pthread_t one, two;
  if (pipe(ends)) return 1;
  pthread_barrier_init(&start, 0, 2);
  pthread_create(&one, 0, asker, 0); pthread_create(&two, 0, answerer, 0);
  pthread_join(one, 0); pthread_join(two, 0);
  return 0;
})";

TEST(Processes, ALookFromOutsideShowsTheProgramsOwnLines) {
  const fs::path binary = program("asks_in_silence", kAsksInSilence, {"-O2", "-fomit-frame-pointer"});
  const fs::path folder = support::scratchFolder("processes/outside");
  const ProcessResult result =
      gridlock({"run", "--timeout", "20", "--quiet", "-o", "r.json", "--", binary}, {.directory = folder});
  EXPECT_EQ(result.code, 66) << result.ending() << result.err;
  const Result<nlohmann::json> report = support::loadReport(folder / "r.json");
  ASSERT_TRUE(report);
  ASSERT_EQ(rulesOf(folder / "r.json"), Rules{"deadlock"});
  std::set<std::string> functions;
  for (const nlohmann::json& location : (*report)["findings"][0]["locations"]) {
    EXPECT_EQ(fs::path(location["file"].get<std::string>()).filename(), "asks_in_silence.c") << location;
    functions.insert(location["function"].get<std::string>());
  }
  for (const char* function : {"ask", "answerer", "main"})
    EXPECT_TRUE(functions.contains(function)) << function;
}

TEST(Processes, ShellsAndPipesAreCovered) {
  fs::path folder = support::scratchFolder("processes/shell");
  fs::path forks = program("forks", kForks);
  ProcessResult result = gridlock(
      {"run", "-o", "r.json", "--", "sh", "-c", forks.string() + " | cat; " + forks.string() + " & wait"},
      {.directory = folder});
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
  EXPECT_GE(pids(folder / "r.json").size(), 8u);
}

TEST(Processes, ARunInsideARunJoinsTheOuterOne) {
  fs::path folder = support::scratchFolder("processes/nested");
  fs::path forks = program("forks", kForks);
  ProcessResult result =
      gridlock({"run", "-o", "outer.json", "--", gridlockCommand(), "run", "-o", "inner.json", "--", forks},
               {.directory = folder});
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
  EXPECT_GE(pids(folder / "outer.json").size(), 4u);
}

TEST(Processes, TheProgramsOutputAndInputAreItsOwn) {
  ProcessResult result = gridlock({"run", "--quiet", "--", "sh", "-c", "echo out; echo err >&2; exit 5"});
  EXPECT_EQ(result.code, 5);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
}

}  // namespace
}  // namespace gridlock::e2e
