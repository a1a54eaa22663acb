// gridlock: mode=static validate=none  expect-none: data-race
//
// The latch counts both loaders; nobody passes before both have done their part.
#include <latch>
#include <thread>
#include <vector>

int main() {
  std::latch loaded(2);
  int users = 0, groups = 0;
  long sums[3] = {};
  std::vector<std::thread> threads;
  threads.emplace_back([&] { users = 10, loaded.count_down(); });
  threads.emplace_back([&] { groups = 3, loaded.count_down(); });
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      loaded.wait();
      sums[i] = users + groups;
    });
  for (std::thread& thread : threads) thread.join();
  return sums[0] + sums[1] + sums[2] == 39 ? 0 : 1;
}
