// gridlock: mode=runtime validate=none run-args=--timeout=3
//
// A std::latch for two, counted down by one.
#include <latch>
#include <thread>

int main() {
  std::latch ready(2);
  std::thread worker([&] {
    ready.count_down();
    ready.wait();  // expect: deadlock
  });
  worker.join();  // also: deadlock
  return 0;
}
