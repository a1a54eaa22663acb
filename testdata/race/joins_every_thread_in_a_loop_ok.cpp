// gridlock: mode=static,runtime  expect-none: data-race
//
// A loop starts the workers, a loop joins them all; each has a slot of its own.
#include <thread>
#include <vector>

static constexpr int kWorkers = 4;
static long partial[kWorkers];

int main() {
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back([i] {
      for (int n = 0; n < 100; ++n) partial[i] += n;
    });
  }
  for (std::thread &worker : workers) worker.join();
  long total = 0;
  for (long part : partial) total += part;
  return total == kWorkers * 4950 ? 0 : 1;
}
