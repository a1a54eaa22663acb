// gridlock: mode=static
//
// One start site in a loop is many threads: the worker races with itself.
#include <thread>
#include <vector>

int main() {
  long sum = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&sum, i] {
      for (int n = 0; n < 1000; ++n) sum += i;  // expect: data-race
    });
  }
  for (std::thread &worker : workers) worker.join();
  return sum > 0 ? 0 : 1;
}
