// gridlock: mode=static,runtime  expect-none: lock-order-cycle
//
// The repair: the stripe with the lower index comes first.
#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <thread>

class StripedMap {
 public:
  void put(int key, int value) {
    std::lock_guard<std::mutex> guard(stripes_[index(key)].mutex);
    stripes_[index(key)].values[key] = value;
  }

  void rename(int from, int to) {
    std::size_t low = std::min(index(from), index(to));
    std::size_t high = std::max(index(from), index(to));
    if (low == high) return;
    std::lock_guard<std::mutex> first(stripes_[low].mutex);
    std::lock_guard<std::mutex> second(stripes_[high].mutex);
    // expect-false-alarm@+1: data-race via=static -- that min and max are the two is not seen
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
  map.put(1, 10);
  std::thread up([&] {
    for (int i = 0; i < 20; ++i) map.rename(1, 2);
  });
  std::thread down([&] {
    for (int i = 0; i < 20; ++i) map.rename(2, 1);
  });
  up.join();
  down.join();
  return 0;
}
