// gridlock: mode=runtime  expect-none: deadlock, starvation
//
// Three threads wait a quarter of a second for a lock whose holder computes: slow is not stuck.
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"

static std::mutex mutex;
static long results;
static invisible_step started = INVISIBLE_STEP_INIT;

int main() {
  std::vector<std::thread> waiters;
  {
    std::lock_guard<std::mutex> guard(mutex);
    for (int i = 0; i < 3; ++i) {
      waiters.emplace_back([] {
        invisible_step_advance(&started);
        std::lock_guard<std::mutex> inner(mutex);
        ++results;
      });
    }
    invisible_step_await(&started, 3);
    auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
    while (std::chrono::steady_clock::now() < until) ++results;
  }
  for (std::thread &waiter : waiters) waiter.join();
  return results >= 3 ? 0 : 1;
}
