// gridlock: mode=runtime flags=-std=c++20 validate=none run-args=--timeout=5
//
// The value is stored and notified before the second change is waited for, and nobody makes that one.
#include <atomic>
#include <thread>

int main() {
  std::atomic<int> state{0};
  std::thread worker([&] {
    state.wait(0);
    state.wait(1);  // expect: deadlock
  });
  state.store(1);
  state.notify_all();
  worker.join();  // also: deadlock
  return 0;
}
