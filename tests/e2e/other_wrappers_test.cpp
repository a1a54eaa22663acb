// Programs in which others wrap the same functions, or libc does more than usual: what they print and how
// they end is as without the shim.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;
using Rules = std::vector<std::string>;

// Runs it bare and under `gridlock run`; gives the rules found.
Rules sameUnderRun(const fs::path& folder, const std::vector<std::string>& command,
                   std::map<std::string, std::string> environment = {}) {
  const ProcessResult bare = support::runProcess(command, {.directory = folder, .environment = environment});
  std::vector<std::string> run{"run", "--quiet", "--fail-on", "never", "-o", "r.json", "--"};
  run.insert(run.end(), command.begin(), command.end());
  const ProcessResult watched = gridlock(run, {.directory = folder, .environment = environment});
  EXPECT_EQ(watched.code, bare.code) << watched.ending() << watched.err;
  EXPECT_EQ(watched.out, bare.out);
  EXPECT_EQ(watched.err, bare.err);
  return rulesOf(folder / "r.json");
}

TEST(OtherWrappers, OtherAllocatorsPreloaded) {
  const fs::path jemalloc = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
  const fs::path tcmalloc = "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4";
  const fs::path binary = program("allocates", R"(
#include <mutex>
#include <cstdio>
#include <thread>
#include <vector>
std::mutex mutex;
std::vector<int> numbers;
int main() {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] { for (int i = 0; i < 1000; ++i) { std::lock_guard<std::mutex> guard(mutex); numbers.push_back(i); } });
  for (std::thread& thread : threads) thread.join();
  std::printf("%zu\n", numbers.size());
})");
  int tried = 0;
  for (const fs::path& allocator : {jemalloc, tcmalloc}) {
    if (!fs::exists(allocator)) continue;
    ++tried;
    Rules rules =
        sameUnderRun(support::scratchFolder("hosts/allocators"), {binary}, {{"LD_PRELOAD", allocator}});
    std::erase(rules, "contention");
    EXPECT_EQ(rules, Rules{}) << allocator;
  }
  if (tried == 0) GTEST_SKIP() << "neither jemalloc nor tcmalloc here";
}

// Built with a sanitizer of either compiler, whose runtime wraps the same functions.
class Sanitized : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Sanitized, RunsAsWithoutTheShim) {
  const auto& [compiler, sanitizer] = GetParam();
  const fs::path folder = support::scratchFolder(std::string("wrappers/") + compiler + "_" + sanitizer);
  writeFile(folder / "host.cpp", R"(
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>
static std::mutex mutex, other;
static std::condition_variable changed;
static int ready, sum;
int main() {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock, [] { return ready != 0; });
      for (int i = 0; i < 100; ++i) { std::lock_guard<std::mutex> inner(other); ++sum; }
    });
  { std::lock_guard<std::mutex> lock(mutex); ready = 1; }
  changed.notify_all();
  for (std::thread &thread : threads) thread.join();
  std::printf("%d\n", sum);
})");
  const ProcessResult built = support::runShell(
      std::string(compiler) + " -g -O1 -pthread -fsanitize=" + sanitizer + " host.cpp -o host && ./host",
      {.directory = folder});
  if (built.code != 0 || built.out != "400\n") GTEST_SKIP() << "no such programs here: " << built.err;
  Rules rules = sameUnderRun(folder, {folder / "host"});
  std::erase(rules, "contention");
  EXPECT_EQ(rules, Rules{});
}

INSTANTIATE_TEST_SUITE_P(All, Sanitized,
                         testing::Values(std::pair("g++", "address"), std::pair("g++", "thread"),
                                         std::pair("clang++-19", "address"),
                                         std::pair("clang++-19", "thread")),
                         [](const auto& one) {
                           std::string name = std::string(one.param.first) + "_" + one.param.second;
                           for (char& c : name)
                             if (c == '+' || c == '-') c = 'x';
                           return name;
                         });

// Such a lock raises its owner's priority, which needs the right to.
TEST(OtherWrappers, PriorityCeilings) {
  const fs::path binary = program("ceilings", R"(
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
static pthread_mutex_t a, b;
static void make(pthread_mutex_t *mutex, int ceiling) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_PROTECT);
  pthread_mutexattr_setprioceiling(&how, ceiling);
  pthread_mutex_init(mutex, &how);
}
static int priority(void) {
  struct sched_param now;
  return sched_getparam(0, &now) == 0 ? now.sched_priority : -1;
}
static void *work(void *order) {
  pthread_mutex_t *outer = order ? &a : &b, *inner = order ? &b : &a;
  int error = pthread_mutex_lock(outer);
  if (error == 0) error = pthread_mutex_lock(inner);
  printf("%d %d\n", error, priority());
  if (error != 0) return 0;
  pthread_mutex_unlock(inner);
  pthread_mutex_unlock(outer);
  printf("%d\n", priority());
  return &a;
}
int main(void) {
  struct sched_param low = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &low) != 0) return 77;
  make(&a, 5); make(&b, 7);
  for (long i = 0; i < 2; ++i) {
    pthread_t thread;
    void *done;
    pthread_create(&thread, 0, work, (void *)i);
    pthread_join(thread, &done);
    if (!done) return 1;
  }
  return 0;
})");
  const fs::path folder = support::scratchFolder("wrappers/ceilings");
  const ProcessResult bare = support::runProcess({binary}, {.directory = folder});
  if (bare.code == 77) GTEST_SKIP() << "no right to real-time priorities here";
  ASSERT_EQ(bare.code, 0) << bare.out;
  EXPECT_EQ(sameUnderRun(folder, {binary}), Rules{"lock-order-cycle"})
      << "a note: one thread ends before the other begins";
}

// Another preloaded library wraps one of the names, and calls the next.
TEST(OtherWrappers, OfOneNameAlone) {
  const fs::path folder = support::scratchFolder("wrappers/names");
  writeFile(folder / "wraps.c", R"(
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static long calls;
int WRAPPED(pthread_mutex_t *mutex) {
  static int (*next)(pthread_mutex_t *);
  if (!next) next = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, NAME);
  __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
  return next(mutex);
}
long count(void) { return calls; }
)");
  const fs::path binary = program("wrapped", R"(
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static int sum;
static void *work(void *p) {
  for (int i = 0; i < 5000; ++i) {
    pthread_mutex_lock(&a);
    if (pthread_mutex_trylock(&b) == 0) { ++sum; pthread_mutex_unlock(&b); }
    pthread_mutex_unlock(&a);
  }
  return p;
}
int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], 0, work, 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  long (*count)(void) = (long (*)(void))dlsym(RTLD_DEFAULT, "count");
  printf("%d %ld\n", sum, count ? count() : -1);
  return 0;
})");
  for (const char* name : {"pthread_mutex_lock", "pthread_mutex_unlock", "pthread_mutex_trylock"}) {
    const ProcessResult built = support::runShell("gcc -g -shared -fPIC -DWRAPPED=" + std::string(name) +
                                                      " '-DNAME=\"" + name + "\"' wraps.c -o " + name + ".so",
                                                  {.directory = folder});
    ASSERT_EQ(built.code, 0) << built.err;
    Rules rules = sameUnderRun(folder, {binary}, {{"LD_PRELOAD", folder / (std::string(name) + ".so")}});
    std::erase(rules, "contention");
    EXPECT_EQ(rules, Rules{}) << name;
  }
}

}  // namespace
}  // namespace gridlock::e2e
