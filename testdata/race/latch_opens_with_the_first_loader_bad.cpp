// gridlock: mode=static validate=none
//
// A loader was added, and the latch's count was not: it opens with whichever comes first.
#include <latch>
#include <thread>
#include <vector>

int main() {
  std::latch loaded(1);
  int users = 0, groups = 0;
  long sums[3] = {};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    users = 10;  // expect: data-race
    loaded.count_down();
  });
  threads.emplace_back([&] {
    groups = 3;  // expect: data-race
    loaded.count_down();
  });
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      loaded.wait();
      sums[i] = users + groups;  // also: data-race
    });
  for (std::thread& thread : threads) thread.join();
  return sums[0] >= 0 ? 0 : 1;
}
