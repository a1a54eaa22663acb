// `gridlock attach` and `gridlock core`: programs that hang without the shim, and one that does not.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// Hangs in the way that the argument names, for sure: the steps are ordered. Children end with their parent.
const char kHangs[] = R"(
#include <mutex>
#include <thread>
#include <condition_variable>
#include <latch>
#include <shared_mutex>
#include <string>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <pthread.h>
#include "support/invisible_barrier.h"
struct Two { invisible_barrier met; pthread_mutex_t locks[2]; };
static invisible_barrier met = INVISIBLE_BARRIER_INIT(2);
static std::mutex red, blue;
static std::shared_mutex book;
struct Slow { Slow() { invisible_barrier_wait(&met); std::lock_guard<std::mutex> lock(red); } };
static Slow &slow() { static Slow only; return only; }
static void both(std::mutex &first, std::mutex &second) {
  std::lock_guard<std::mutex> one(first);
  invisible_barrier_wait(&met);
  std::lock_guard<std::mutex> two(second);
}
static void handler(int) { std::lock_guard<std::mutex> lock(red); }
static int child() {
  int pid = fork();
  if (pid == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}
int main(int, char **argv) {
  std::string how = argv[1];
  Two *two = (Two *)mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  two->met.parties = 2;
  if (how == "mutexes") {
    std::thread a(both, std::ref(red), std::ref(blue)), b(both, std::ref(blue), std::ref(red));
    a.join(); b.join();
  }
  if (how == "itself") { red.lock(); red.lock(); }
  if (how == "join") {
    std::thread a([] { invisible_barrier_wait(&met); std::lock_guard<std::mutex> lock(red); });
    std::lock_guard<std::mutex> lock(red);
    invisible_barrier_wait(&met);
    a.join();
  }
  if (how == "rwlock") {
    std::thread a([] { book.lock(); invisible_barrier_wait(&met); red.lock(); });
    red.lock(); invisible_barrier_wait(&met); book.lock_shared();
  }
  if (how == "initialiser") {
    std::thread a([] { slow(); });
    red.lock(); invisible_barrier_wait(&met); slow();
  }
  if (how == "stdio") {
    std::thread a([] { flockfile(stdout); invisible_barrier_wait(&met); red.lock(); });
    red.lock(); invisible_barrier_wait(&met); printf("never\n");
  }
  if (how == "handler") { signal(SIGUSR1, handler); red.lock(); raise(SIGUSR1); }
  if (how == "condition") { std::condition_variable sign; std::unique_lock<std::mutex> lock(red); sign.wait(lock); }
  if (how == "latch") { std::latch gate(2); gate.arrive_and_wait(); }
  if (how == "shared") {
    pthread_mutexattr_t shared; pthread_mutexattr_init(&shared); pthread_mutexattr_setpshared(&shared, 1);
    pthread_mutex_init(&two->locks[0], &shared); pthread_mutex_init(&two->locks[1], &shared);
    int mine = child() ? 0 : 1;
    pthread_mutex_lock(&two->locks[mine]);
    invisible_barrier_wait(&two->met);
    pthread_mutex_lock(&two->locks[1 - mine]);
  }
  if (how == "files") {
    int mine = child() ? 0 : 1;
    int files[2] = {open("one", O_CREAT | O_RDWR, 0600), open("two", O_CREAT | O_RDWR, 0600)};
    flock(files[mine], LOCK_EX);
    invisible_barrier_wait(&two->met);
    flock(files[1 - mine], LOCK_EX);
  }
  if (how == "pipe") {
    int ends[2]; char byte;
    if (pipe(ends) != 0) return 1;
    int pid = child();
    if (pid == 0) { close(ends[1]); return (int)read(ends[0], &byte, 1); }
    close(ends[0]);
    waitpid(pid, 0, 0);
  }
  if (how == "busy") {
    std::thread a([] { for (;;) { std::lock_guard<std::mutex> one(red); std::lock_guard<std::mutex> two(blue); } });
    for (;;) { std::lock_guard<std::mutex> one(red); std::lock_guard<std::mutex> two(blue); }
  }
  if (how == "timed") {
    std::timed_mutex mutex;
    std::thread a([&] { mutex.lock(); invisible_barrier_wait(&met); for (;;) pause(); });
    invisible_barrier_wait(&met);
    for (;;) (void)mutex.try_lock_for(std::chrono::hours(1));
  }
})";

fs::path hanging() { return program("hangs", kHangs, {"-std=c++20"}); }

// Looks again and again until there is something to see.
ProcessResult attachUntilStuck(pid_t pid, const fs::path& report) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  ProcessResult out;
  do {
    out = gridlock({"attach", std::to_string(pid), "--quiet", "-o", report});
  } while (out.code == 0 && std::chrono::steady_clock::now() < deadline);
  return out;
}

struct Way {
  const char* how;
  const char* rule;
  std::vector<std::string> words;  // of the message
};

class Attach : public testing::TestWithParam<Way> {};

TEST_P(Attach, TellsWhoWaitsForWhom) {
  const Way& way = GetParam();
  const fs::path folder = support::scratchFolder(std::string("attach/") + way.how);
  const fs::path hangs = hanging();
  ASSERT_FALSE(hangs.empty());
  ProcessResult attached;
  support::runProcess({hangs, way.how}, {.directory = folder, .while_running = [&](pid_t pid) {
                                           attached = attachUntilStuck(pid, folder / "r.json");
                                           kill(pid, SIGKILL);
                                         }});
  EXPECT_EQ(attached.code, 1) << attached.err;
  EXPECT_EQ(rulesOf(folder / "r.json"), Rules{way.rule});
  const auto report = support::loadReport(folder / "r.json");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["runs"][0]["kind"], "attach");
  ASSERT_FALSE((*report)["findings"].empty());
  EXPECT_EQ((*report)["findings"][0]["confidence"], "proven");
  const std::string message = (*report)["findings"][0]["message"];
  for (const std::string& word : way.words) EXPECT_NE(message.find(word), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(Ways, Attach,
                         testing::Values(Way{"mutexes", "deadlock", {"red`", "blue`", "in both"}},
                                         Way{"itself", "self-deadlock", {"red`", "in main"}},
                                         Way{"join", "deadlock", {"the end of thread", "red`"}},
                                         Way{"rwlock", "deadlock", {"book` to read", "red`"}},
                                         Way{"initialiser", "deadlock", {"slow()::only", "Slow::Slow"}},
                                         Way{"stdio", "deadlock", {"lock of a FILE", "red`"}},
                                         Way{"handler", "self-deadlock", {"red`", "in handler"}},
                                         Way{"condition", "deadlock", {"no thread is left"}},
                                         Way{"latch", "deadlock", {"no thread is left"}},
                                         Way{"shared", "deadlock", {"which the main thread holds"}},
                                         Way{"files", "deadlock", {"/one`", "/two`"}},
                                         Way{"pipe", "deadlock", {"data of pipe"}}),
                         [](const auto& test) { return std::string(test.param.how); });

class AttachHealthy : public testing::TestWithParam<const char*> {};

TEST_P(AttachHealthy, FindsNothing) {
  const fs::path hangs = hanging();
  ASSERT_FALSE(hangs.empty());
  support::runProcess({hangs, GetParam()}, {.while_running = [&](pid_t pid) {
                        for (int i = 0; i < 20; ++i) {
                          const ProcessResult attached = gridlock({"attach", std::to_string(pid)});
                          EXPECT_EQ(attached.code, 0) << attached.out << attached.err;
                        }
                        kill(pid, SIGKILL);
                      }});
}

INSTANTIATE_TEST_SUITE_P(Ways, AttachHealthy, testing::Values("busy", "timed"),
                         [](const auto& test) { return std::string(test.param); });

TEST(AttachErrors, SaysWhyItCannot) {
  for (const auto& [arguments, reason] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"attach"}, "which process"},
           {{"attach", "999999999"}, "no such process"},
           {{"attach", "word"}, "word"},
           {{"core"}, "which core file"},
           {{"core", "/nowhere/core"}, "No such file"},
           {{"core", "/bin/sh"}, "no core file"},
           {{"core", "/dev/null"}, "not a regular file"}}) {
    const ProcessResult result = gridlock(arguments);
    EXPECT_EQ(result.code, 2) << reason;
    EXPECT_NE(result.err.find(reason), std::string::npos) << result.err;
  }
}

TEST(Core, TellsWhoWaitedForWhom) {
  std::ifstream in("/proc/sys/kernel/core_pattern");
  std::string pattern;
  std::getline(in, pattern);
  if (pattern.find_first_of("/|%") != std::string::npos)
    GTEST_SKIP() << "core files go elsewhere: " << pattern;
  const fs::path folder = support::scratchFolder("core");
  const fs::path hangs = hanging();
  support::runProcess({hangs, "mutexes"}, {.directory = folder,
                                           .while_running =
                                               [&](pid_t pid) {
                                                 (void)attachUntilStuck(pid, folder / "attached.json");
                                                 kill(pid, SIGABRT);
                                               },
                                           .in_child =
                                               [] {
                                                 const struct rlimit all{RLIM_INFINITY, RLIM_INFINITY};
                                                 setrlimit(RLIMIT_CORE, &all);
                                               }});
  std::vector<fs::path> cores;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(pattern)) cores.push_back(entry.path());
  }
  if (cores.empty()) GTEST_SKIP() << "no core file was written";
  const ProcessResult result = gridlock({"core", cores[0], "--quiet", "-o", folder / "r.json"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_EQ(rulesOf(folder / "r.json"), Rules{"deadlock"});
  const auto report = support::loadReport(folder / "r.json");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["runs"][0]["kind"], "core");
  const std::string message = (*report)["findings"][0]["message"];
  EXPECT_NE(message.find("red`"), std::string::npos) << message;
  EXPECT_NE(message.find("in both"), std::string::npos) << message;

  // Cut off anywhere, it is refused or read as far as it goes.
  std::string bytes = readFile(cores[0]);
  for (std::size_t size = bytes.size(); size > 0; size = size * 2 / 3) {
    writeFile(folder / "cut", bytes.substr(0, size));
    const ProcessResult cut = gridlock({"core", folder / "cut"});
    EXPECT_TRUE(cut.code >= 0 && cut.code <= 2) << cut.ending();
  }
}

}  // namespace
}  // namespace gridlock::e2e
