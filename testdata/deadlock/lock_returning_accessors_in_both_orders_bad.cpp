// gridlock: mode=static
//
// acquire() returns the lock; two functions take the locks of two pools in both orders.
#include <mutex>
#include <thread>
#include <vector>

class Pool {
 public:
  [[nodiscard]] std::unique_lock<std::mutex> acquire() { return std::unique_lock<std::mutex>(mutex_); }
  std::vector<int> items;

 private:
  std::mutex mutex_;
};

struct Pools {
  Pool small, large;
  void promote() {
    auto first = small.acquire();
    auto second = large.acquire();  // expect: lock-order-cycle
    if (small.items.empty()) return;
    large.items.push_back(small.items.back());
    small.items.pop_back();
  }
  void split() {
    auto first = large.acquire();
    auto second = small.acquire();
    if (large.items.empty()) return;
    small.items.push_back(large.items.back());
    large.items.pop_back();
  }
};

int main() {
  Pools pools;
  pools.small.items = {1, 2, 3};
  std::thread a(&Pools::promote, &pools);
  std::thread b(&Pools::split, &pools);
  a.join();
  b.join();
}
