// gridlock: mode=static  expect-none: data-race
//
// Each worker writes its cell; a std::barrier ends the phase; then it reads its neighbour's.
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
    grid.now[me] = round * me;
    grid.phase.arrive_and_wait();
    grid.sum[me] += grid.now[(me + 1) % kWorkers];
    grid.phase.arrive_and_wait();
  }
}

int main() {
  Grid grid;
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) workers.emplace_back(work, std::ref(grid), i);
  for (auto &worker : workers) worker.join();
  return grid.sum[0] < 0;
}
