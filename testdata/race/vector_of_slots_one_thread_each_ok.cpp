// gridlock: mode=static,runtime  expect-none: data-race
//
// The vector has its final size before the threads start; each writes one element.
#include <thread>
#include <vector>

int main() {
  std::vector<long> sums(4, 0);
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    workers.emplace_back([&sums, i] {
      long &mine = sums[i];
      for (int n = 0; n < 1000; ++n) mine += n;
    });
  }
  for (std::thread &worker : workers) worker.join();
  return sums[0] == sums[3] ? 0 : 1;
}
