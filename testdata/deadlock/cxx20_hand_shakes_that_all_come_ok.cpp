// gridlock: mode=runtime flags=-std=c++20  expect-none: deadlock, lost-wakeup
//
// Semaphore, latch, barrier, atomic wait and future, each with somebody who ends the wait, late.
#include <atomic>
#include <barrier>
#include <chrono>
#include <future>
#include <latch>
#include <semaphore>
#include <thread>

int main() {
  std::counting_semaphore<8> slots(0);
  std::latch started(2);
  std::barrier<> phase(2);
  std::atomic<int> state{0};
  std::promise<int> answer;
  std::future<int> future = answer.get_future();
  std::thread worker([&] {
    slots.acquire();
    started.arrive_and_wait();
    phase.arrive_and_wait();
    state.wait(0);
    future.get();
  });
  const auto later = [] { std::this_thread::sleep_for(std::chrono::milliseconds(60)); };
  later();
  slots.release();
  later();
  started.arrive_and_wait();
  later();
  phase.arrive_and_wait();
  later();
  state.store(1);
  state.notify_one();
  later();
  answer.set_value(42);
  worker.join();
  return 0;
}
