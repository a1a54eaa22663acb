// gridlock: mode=static,runtime
//
// A condition wait takes its mutex again when it wakes: under `later`, locked between, that is an edge from
// `later` to `first`, against the order everyone else uses.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

static std::mutex first;
static std::mutex later;
static std::condition_variable changed;
static bool ready = false;
static int value = 0;
static invisible_step step = INVISIBLE_STEP_INIT;

static void waiter() {
  std::unique_lock<std::mutex> outer(first);
  std::lock_guard<std::mutex> inner(later);  // expect: lock-order-cycle|wait-while-holding
  invisible_step_advance(&step);
  changed.wait(outer, [] { return ready; });  // also: lock-order-cycle, wait-while-holding
  ++value;
}

static void notifier() {
  invisible_step_await(&step, 1);
  {
    std::lock_guard<std::mutex> guard(first);  // the other one waits: it gave `first` back
    ready = true;
  }
  changed.notify_one();
}

static void late() {
  std::lock_guard<std::mutex> outer(first);
  std::lock_guard<std::mutex> inner(later);  // also: lock-order-cycle, wait-while-holding
  ++value;
}

int main() {
  std::thread a(waiter);
  std::thread b(notifier);
  std::thread c([] {
    invisible_step_await(&step, 2);
    late();
  });
  a.join();
  b.join();
  invisible_step_advance(&step);
  c.join();
  return 0;
}
