// gridlock: mode=runtime flags=-std=c++20 validate=none run-args=--timeout=5
//
// The only release comes after the join of the thread that waits for it.
#include <semaphore>
#include <thread>

int main() {
  std::counting_semaphore<8> slots(0);
  std::thread worker([&] {
    slots.acquire();  // expect: deadlock
  });
  worker.join();  // also: deadlock
  slots.release();
  return 0;
}
