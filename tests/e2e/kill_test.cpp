// However a program ends, its report is there: _exit, abort, a crash, SIGKILL at any moment.
#include <gtest/gtest.h>

#include <csignal>

#include <unistd.h>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// Both lock orders, then the end that the argument names.
const char kEnds[] = R"(
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "support/two_orders.h"
int main(int argc, char **argv) {
  take_both_orders();
  const char *end = argc > 1 ? argv[1] : "";
  if (!strcmp(end, "_exit")) _exit(0);
  if (!strcmp(end, "abort")) abort();
  if (!strcmp(end, "crash")) *(volatile int *)8 = 1;
  if (!strcmp(end, "kill")) kill(getpid(), SIGKILL);
  if (!strcmp(end, "term")) kill(getpid(), SIGTERM);
  if (!strcmp(end, "stay")) for (;;) pause();
  if (!strcmp(end, "exec")) execl("/bin/true", "true", (char *)0);
  if (!strcmp(end, "thread")) pthread_exit(0);
  return 0;
})";

// Locks without end, so that a signal comes at any moment.
const char kBusy[] = R"(
#include <pthread.h>
static pthread_mutex_t locks[64];
static void *work(void *p) {
  unsigned seed = (unsigned)(unsigned long)p;
  for (;;) {
    seed = seed * 1103515245u + 12345u;
    unsigned a = (seed >> 8) % 63, b = a + 1 + (seed >> 20) % (63 - a);
    pthread_mutex_lock(&locks[a]); pthread_mutex_lock(&locks[b]);
    pthread_mutex_unlock(&locks[b]); pthread_mutex_unlock(&locks[a]);
  }
  return 0;
}
int main(void) {
  for (int i = 0; i < 64; ++i) pthread_mutex_init(&locks[i], 0);
  pthread_t t;
  pthread_create(&t, 0, work, (void *)1ul);
  work((void *)2ul);
})";

// What is advice on how busy a lock is depends on the machine.
Rules withoutAdvice(Rules rules) {
  std::erase(rules, "contention");
  std::erase(rules, "starvation");
  return rules;
}

class Kill : public testing::TestWithParam<std::pair<const char*, int>> {};

TEST_P(Kill, TheReportIsThere) {
  const auto& [end, code] = GetParam();
  fs::path folder = support::scratchFolder(std::string("kill/") + end);
  ProcessResult result =
      gridlock({"run", "-o", "r.json", "--", program("ends", kEnds), end}, {.directory = folder});
  EXPECT_EQ(result.code, code) << result.ending() << result.err;
  EXPECT_EQ(rulesOf(folder / "r.json"), Rules{"lock-order-cycle"});
}

INSTANTIATE_TEST_SUITE_P(Ends, Kill,
                         testing::Values(std::pair("return", 66), std::pair("_exit", 66),
                                         std::pair("abort", 128 + 6), std::pair("crash", 128 + 11),
                                         std::pair("kill", 128 + 9), std::pair("term", 128 + 15),
                                         std::pair("exec", 66), std::pair("thread", 66)),
                         [](const auto& test) { return std::string("by_") + test.param.first; });

TEST(KillMoments, ATimeoutStillGivesTheReport) {
  fs::path folder = support::scratchFolder("kill/timeout");
  ProcessResult result = gridlock(
      {"run", "--timeout", "1", "-o", "r.json", "--", program("ends", kEnds), "stay"}, {.directory = folder});
  EXPECT_EQ(result.code, 66) << result.ending() << result.err;
  EXPECT_EQ(rulesOf(folder / "r.json"), Rules{"lock-order-cycle"});
}

// `timeout -s KILL` between launcher and program: SIGKILL from outside, at moments that differ.
TEST(KillMoments, SigkillAtAnyMomentLeavesAReadableRecord) {
  fs::path busy = program("busy", kBusy);
  fs::path folder = support::scratchFolder("kill/moments");
  for (int i = 0; i < 12; ++i) {
    std::string after = "0.0" + std::to_string(10 + 7 * i);
    ProcessResult result =
        gridlock({"run", "--quiet", "-o", "r.json", "--", "timeout", "-s", "KILL", after, busy},
                 {.directory = folder});
    EXPECT_NE(result.code, 2) << after << ": " << result.err;
    EXPECT_EQ(withoutAdvice(rulesOf(folder / "r.json")), Rules{}) << "ordered by index: no cycle";
    fs::remove(folder / "r.json");
  }
}

// When the launcher itself is killed, the program ends with it and the records stay for `report`.
TEST(KillMoments, AKilledLauncherTakesTheProgramAlong) {
  fs::path busy = program("busy", kBusy);
  fs::path folder = support::scratchFolder("kill/launcher");
  fs::create_directories(folder / "tmp");
  ProcessResult result = gridlock(
      {"run", "-o", "r.json", "--", busy},
      {.directory = folder, .environment = {{"TMPDIR", folder / "tmp"}}, .while_running = [](pid_t pid) {
         usleep(500000);
         kill(pid, SIGKILL);
       }});
  EXPECT_EQ(result.signal, SIGKILL);
  EXPECT_FALSE(fs::exists(folder / "r.json"));
  std::vector<std::string> arguments{"report", "-o", "late.json"};
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "tmp"))
    arguments.push_back(entry.path());
  ASSERT_EQ(arguments.size(), 4u) << "one folder of records";
  ProcessResult report = gridlock(arguments, {.directory = folder});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_EQ(withoutAdvice(rulesOf(folder / "late.json")), Rules{});
}

}  // namespace
}  // namespace gridlock::e2e
