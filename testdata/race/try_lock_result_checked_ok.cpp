// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released, unlock-not-held
//
// Four ways to look at a try-lock: in a condition, negated, stored, and through a unique_lock.
#include <mutex>
#include <thread>

static std::mutex mutex;
static long events;

static bool direct() {
  if (mutex.try_lock()) {
    ++events;
    mutex.unlock();
    return true;
  }
  return false;
}

static bool negated() {
  if (!mutex.try_lock()) return false;
  ++events;
  mutex.unlock();
  return true;
}

static bool stored() {
  bool got = mutex.try_lock();
  if (got) {
    ++events;
    mutex.unlock();
  }
  return got;
}

static bool guarded() {
  std::unique_lock<std::mutex> lock(mutex, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  ++events;
  return true;
}

static void record() {
  for (int i = 0; i < 300; ++i) {
    direct();
    negated();
    stored();
    guarded();
  }
}

int main() {
  std::thread first(record);
  std::thread second(record);
  first.join();
  second.join();
  return 0;
}
