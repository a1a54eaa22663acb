// gridlock: mode=runtime flags=-std=c++20 validate=none run-args=--timeout=5
//
// A std::barrier for three, and only two that come.
#include <barrier>
#include <thread>

int main() {
  std::barrier<> phase(3);
  std::thread first([&] {
    phase.arrive_and_wait();  // expect: deadlock
  });
  std::thread second([&] {
    phase.arrive_and_wait();  // expect: deadlock
  });
  first.join();  // also: deadlock
  second.join();
  return 0;
}
