// gridlock: mode=runtime validate=none run-args=--timeout=3  also: lock-order-cycle
//
// One thread is inside the initialiser and wants the mutex; the other one has the mutex and wants to be sure
// that the initialiser ran.
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

static std::once_flag loaded;
static std::mutex mutex;
static int value;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

static void load() {
  invisible_barrier_wait(&both);
  std::lock_guard<std::mutex> guard(mutex);  // expect: deadlock
  value = 1;
}

int main() {
  std::thread loader([] { std::call_once(loaded, load); });  // also: deadlock
  std::thread user([] {
    std::lock_guard<std::mutex> guard(mutex);  // also: deadlock
    invisible_barrier_wait(&both);
    std::call_once(loaded, load);  // expect: deadlock
  });
  loader.join();
  user.join();
  return 0;
}
