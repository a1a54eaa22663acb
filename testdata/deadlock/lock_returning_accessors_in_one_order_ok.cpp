// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// acquire() returns the lock; both functions take the locks of two pools in one order.
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
    auto second = large.acquire();
    if (small.items.empty()) return;
    large.items.push_back(small.items.back());
    small.items.pop_back();
  }
  void split() {
    auto first = small.acquire();
    auto second = large.acquire();
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
