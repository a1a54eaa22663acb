// gridlock: mode=static
//
// Each worker writes its cell, then reads its neighbour's, without waiting for the phase to end.
#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

constexpr int kWorkers = 4;

struct Grid {
  std::vector<int> now = std::vector<int>(kWorkers);
  std::vector<int> sum = std::vector<int>(kWorkers);
  std::barrier<> phase{kWorkers};
};

static void work(Grid &grid, int me) {
  for (int round = 0; round < 50; ++round) {
    grid.now[me] = round * me;  // also: data-race
    grid.sum[me] += grid.now[(me + 1) % kWorkers];  // expect: data-race
  }
}

int main() {
  Grid grid;
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) workers.emplace_back(work, std::ref(grid), i);
  for (auto &worker : workers) worker.join();
  return grid.sum[0] < 0;
}
