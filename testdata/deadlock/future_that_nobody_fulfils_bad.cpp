// gridlock: mode=runtime validate=none run-args=--timeout=3
//
// The worker waits for main's go before it answers; main waits for the answer before it says go.
#include <future>
#include <thread>

int main() {
  std::promise<void> go;
  std::promise<int> answer;
  std::thread worker([&] {
    go.get_future().wait();  // expect: deadlock
    answer.set_value(42);
  });
  int value = answer.get_future().get();  // expect: deadlock
  go.set_value();
  worker.join();
  return value;
}
