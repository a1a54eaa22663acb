// gridlock: mode=runtime validate=none run-args=--timeout=3  also: lock-order-cycle
//
// The same with the compiler's guard of a static local, which nobody writes and nobody sees.
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

static std::mutex mutex;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

struct Settings {
  Settings() {
    invisible_barrier_wait(&both);
    std::lock_guard<std::mutex> guard(mutex);  // expect: deadlock
    value = 1;
  }
  int value;
};

static Settings &settings() {
  static Settings only;  // expect: deadlock
  return only;
}

int main() {
  std::thread first([] { settings(); });
  std::thread second([] {
    std::lock_guard<std::mutex> guard(mutex);  // also: deadlock
    invisible_barrier_wait(&both);
    settings();  // also: deadlock
  });
  first.join();
  second.join();
  return 0;
}
