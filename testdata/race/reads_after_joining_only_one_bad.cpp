// gridlock: mode=static
//
// Two writers, one join: the second may still write when main reads.
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

static std::mutex mutex;
static long total;
static invisible_step step = INVISIBLE_STEP_INIT;

static void quick() {
  std::lock_guard<std::mutex> guard(mutex);
  total += 1;  // also: data-race
}

static void slow() {
  invisible_step_await(&step, 1);
  std::lock_guard<std::mutex> guard(mutex);
  total += 2;  // also: data-race
}

int main() {
  std::thread first(quick);
  std::thread second(slow);
  first.join();
  long seen = total;  // expect: data-race
  invisible_step_advance(&step);
  second.join();
  return seen < 0 ? 1 : 0;
}
