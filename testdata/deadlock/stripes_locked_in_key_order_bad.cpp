// gridlock: mode=static,runtime
//
// A striped map that moves an entry from one stripe to another locks the source first, then the target.
// Two moves in opposite directions form a cycle between two elements of one array.
#include <array>
#include <map>
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

class StripedMap {
 public:
  void put(int key, int value) {
    std::lock_guard<std::mutex> guard(stripes_[index(key)].mutex);
    stripes_[index(key)].values[key] = value;
  }

  void rename(int from, int to) {
    if (index(from) == index(to)) return;
    std::lock_guard<std::mutex> source(stripes_[index(from)].mutex);
    std::lock_guard<std::mutex> target(stripes_[index(to)].mutex);  // expect: lock-order-cycle
    stripes_[index(to)].values[to] = stripes_[index(from)].values[from];
    stripes_[index(from)].values.erase(from);
  }

 private:
  struct Stripe {
    std::mutex mutex;
    std::map<int, int> values;
  };
  static std::size_t index(int key) { return static_cast<std::size_t>(key) % 4; }
  std::array<Stripe, 4> stripes_;
};

int main() {
  StripedMap map;
  invisible_step step = INVISIBLE_STEP_INIT;
  map.put(1, 10);
  std::thread up([&] {
    map.rename(1, 2);
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread down([&] {
    invisible_step_await(&step, 1);
    map.rename(2, 1);
    invisible_step_advance(&step);
  });
  up.join();
  down.join();
  return 0;
}
