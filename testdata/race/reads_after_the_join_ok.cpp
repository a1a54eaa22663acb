// gridlock: mode=static,runtime  expect-none: data-race
//
// Before the start and after the join main is alone.
#include <thread>

static int result;

static void compute() {
  for (int i = 0; i < 1000; ++i) result += i;
}

int main() {
  result = 5;
  std::thread worker(compute);
  worker.join();
  result += 1;
  std::thread again(compute);
  again.join();
  return result > 0 ? 0 : 1;
}
