// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released, unlock-not-held
//
// One unique_lock through all its states: deferred, locked, unlocked, locked again, moved into a function.
#include <mutex>
#include <thread>
#include <utility>

static std::mutex mutex;
static int balance;

static void finish(std::unique_lock<std::mutex> lock) {
  ++balance;
  lock.unlock();
}

static void work() {
  for (int i = 0; i < 200; ++i) {
    std::unique_lock<std::mutex> lock(mutex, std::defer_lock);
    int local = i;
    lock.lock();
    balance += local;
    lock.unlock();
    local *= 2;
    lock.lock();
    balance -= local;
    finish(std::move(lock));
  }
}

int main() {
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return 0;
}
