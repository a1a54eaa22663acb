// gridlock: mode=static,runtime  expect-none: data-race
//
// Stripe i's mutex guards stripe i's map: the same index on both sides.
#include <array>
#include <map>
#include <mutex>
#include <thread>

class StripedCounts {
 public:
  void add(int key) {
    Stripe &stripe = stripes_[static_cast<std::size_t>(key) % stripes_.size()];
    std::lock_guard<std::mutex> guard(stripe.mutex);
    ++stripe.counts[key];
  }
  int count(int key) {
    std::size_t i = static_cast<std::size_t>(key) % stripes_.size();
    std::lock_guard<std::mutex> guard(stripes_[i].mutex);
    return stripes_[i].counts[key];
  }

 private:
  struct Stripe {
    std::mutex mutex;
    std::map<int, int> counts;
  };
  std::array<Stripe, 8> stripes_;
};

int main() {
  StripedCounts counts;
  auto work = [&] {
    for (int i = 0; i < 400; ++i) counts.add(i % 40);
  };
  std::thread first(work);
  std::thread second(work);
  for (int i = 0; i < 40; ++i) counts.count(i);
  first.join();
  second.join();
  return counts.count(3) == 20 ? 0 : 1;
}
