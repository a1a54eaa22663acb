// gridlock: mode=static
//
// main looks at the result before it has joined the thread that writes it.
#include <thread>

static int result;

static void compute() {
  for (int i = 0; i < 1000; ++i) result += i;  // also: data-race
}

int main() {
  std::thread worker(compute);
  int early = result;  // expect: data-race
  worker.join();
  return early > result ? 1 : 0;
}
