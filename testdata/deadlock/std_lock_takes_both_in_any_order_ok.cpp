// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// std::lock and std::scoped_lock, given the locks in both orders, with a third one outside: they back off.
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

static std::mutex left;
static std::mutex right;
static std::mutex outer;
static invisible_step step = INVISIBLE_STEP_INIT;

int main() {
  std::thread first([] {
    std::lock(left, right);
    left.unlock();
    right.unlock();
    std::lock_guard<std::mutex> guard(outer);
    std::scoped_lock both(left, right);
    invisible_step_advance(&step);
  });
  std::thread second([] {
    invisible_step_await(&step, 1);
    std::lock(right, left);
    right.unlock();
    left.unlock();
    std::lock_guard<std::mutex> guard(outer);
    std::scoped_lock both(right, left);
  });
  first.join();
  second.join();
  return 0;
}
