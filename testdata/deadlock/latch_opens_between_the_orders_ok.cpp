// gridlock: mode=runtime
// expect-none: lock-order-cycle
// also: lock-order-cycle severity=note
//
// The readers wait at a latch, and for a future, until the loader is done with both locks; only then do they
// take them in the other order.
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include "support/asleep.h"

namespace {

std::mutex index_lock;
std::mutex cache_lock;
std::latch loaded{1};
std::promise<void> promise;
int at_the_latch = 0;
int at_the_future = 0;

void load() {
  asleep_await(&at_the_latch);
  asleep_await(&at_the_future);
  {
    const std::lock_guard index(index_lock);
    const std::lock_guard cache(cache_lock);
  }
  loaded.count_down();
  promise.set_value();
}

void read() {
  const std::lock_guard cache(cache_lock);
  const std::lock_guard index(index_lock);
}

}  // namespace

int main() {
  std::future<void> kept = promise.get_future();
  std::thread first([] {
    asleep_here(&at_the_latch);
    loaded.wait();
    read();
  });
  std::thread second([&] {
    asleep_here(&at_the_future);
    kept.wait();
    read();
  });
  std::thread loader(load);
  first.join();
  second.join();
  loader.join();
  return 0;
}
