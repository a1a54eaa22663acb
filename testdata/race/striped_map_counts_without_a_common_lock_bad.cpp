// gridlock: mode=static
//
// Each stripe has its lock, the number of all entries has none that is common.
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

class StripedMap {
 public:
  void put(const std::string &key, int value) {
    Stripe &stripe = stripeOf(key);
    std::lock_guard guard(stripe.mutex);
    if (stripe.entries.insert_or_assign(key, value).second) ++size_;  // expect: data-race
  }
  int get(const std::string &key) {
    Stripe &stripe = stripeOf(key);
    std::lock_guard guard(stripe.mutex);
    auto it = stripe.entries.find(key);
    return it == stripe.entries.end() ? 0 : it->second;
  }

 private:
  struct Stripe {
    std::mutex mutex;
    std::unordered_map<std::string, int> entries;
  };
  Stripe &stripeOf(const std::string &key) { return stripes_[std::hash<std::string>()(key) % stripes_.size()]; }

  std::array<Stripe, 16> stripes_;
  long size_ = 0;
};

int main() {
  StripedMap map;
  auto fill = [&map](int start) {
    for (int i = start; i < start + 300; ++i) map.put("key" + std::to_string(i), i);
    map.get("key" + std::to_string(start));
  };
  std::thread a(fill, 0), b(fill, 1000);
  a.join();
  b.join();
}
