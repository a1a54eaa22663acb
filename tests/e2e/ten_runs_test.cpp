// Potential cycles of two, three, five and 25 locks are found in each of ten runs, whatever the schedule: as
// the cycle, or as the deadlock that it became. Nothing here orders the threads.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

// As many threads as locks; each takes its own and the next one, by the kind of lock that the second argument
// names.
const char kRing[] = R"(
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
enum { kMost = 64 };
static pthread_mutex_t mutexes[kMost];
static pthread_rwlock_t rwlocks[kMost];
static sem_t semaphores[kMost];
static int count, kind;
static void take(int i) {
  if (kind == 0) pthread_mutex_lock(&mutexes[i]);
  if (kind == 1) pthread_rwlock_wrlock(&rwlocks[i]);
  if (kind == 2) sem_wait(&semaphores[i]);
}
static void give(int i) {
  if (kind == 0) pthread_mutex_unlock(&mutexes[i]);
  if (kind == 1) pthread_rwlock_unlock(&rwlocks[i]);
  if (kind == 2) sem_post(&semaphores[i]);
}
static void *work(void *p) {
  int i = (int)(long)p, next = (i + 1) % count;
  take(i); take(next); give(next); give(i);
  return 0;
}
int main(int argc, char **argv) {
  (void)argc;
  count = atoi(argv[1]);
  kind = atoi(argv[2]);
  for (int i = 0; i < count; ++i) {
    pthread_mutex_init(&mutexes[i], 0); pthread_rwlock_init(&rwlocks[i], 0); sem_init(&semaphores[i], 0, 1);
  }
  pthread_t threads[kMost];
  for (long i = 0; i < count; ++i) pthread_create(&threads[i], 0, work, (void *)i);
  for (int i = 0; i < count; ++i) pthread_join(threads[i], 0);
  return 0;
})";

class TenRuns : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(TenRuns, FindTheRingEachTime) {
  const auto [locks, kind] = GetParam();
  const fs::path binary = program("ring", kRing);
  const fs::path folder =
      support::scratchFolder("ten_runs/" + std::to_string(locks) + "_" + std::to_string(kind));
  for (int run = 0; run < 10; ++run) {
    const ProcessResult result = gridlock(
        {"run", "--quiet", "-o", "r.json", "--", binary, std::to_string(locks), std::to_string(kind)},
        {.directory = folder});
    EXPECT_EQ(result.code, 66) << result.ending() << result.err;
    const std::vector<std::string> rules = rulesOf(folder / "r.json");
    EXPECT_TRUE(std::count(rules.begin(), rules.end(), "lock-order-cycle") != 0 ||
                std::count(rules.begin(), rules.end(), "deadlock") != 0)
        << "run " << run << ": " << testing::PrintToString(rules);
  }
}

std::string nameOf(const testing::TestParamInfo<std::tuple<int, int>>& one) {
  static const char* const kKinds[] = {"mutexes", "rwlocks", "semaphores"};
  return std::to_string(std::get<0>(one.param)) + "_" + kKinds[std::get<1>(one.param)];
}

INSTANTIATE_TEST_SUITE_P(Rings, TenRuns,
                         testing::Combine(testing::Values(2, 3, 5, 25), testing::Values(0, 1, 2)), nameOf);

}  // namespace
}  // namespace gridlock::e2e
