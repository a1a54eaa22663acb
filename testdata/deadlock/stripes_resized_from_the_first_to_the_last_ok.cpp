// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// rehash() locks all stripes from the first to the last, move() locks two in rising order.
#include <algorithm>
#include <array>
#include <mutex>
#include <thread>
#include <vector>

constexpr int kStripes = 4;

class Table {
 public:
  void move(int from, int to) {
    if (from == to) return;
    std::lock_guard first(mutexes_[std::min(from, to)]);
    std::lock_guard second(mutexes_[std::max(from, to)]);
    --counts_[from];
    ++counts_[to];
  }
  void rehash() {
    std::vector<std::unique_lock<std::mutex>> locks;
    for (int i = 0; i < kStripes; ++i) locks.emplace_back(mutexes_[i]);
    std::sort(counts_.begin(), counts_.end());
  }

 private:
  std::array<std::mutex, kStripes> mutexes_;
  std::array<int, kStripes> counts_{};
};

int main() {
  Table table;
  std::thread mover([&] {
    for (int i = 0; i < 20; ++i) table.move(i % kStripes, (i + 1) % kStripes);
  });
  std::thread resizer([&] { table.rehash(); });
  mover.join();
  resizer.join();
}
