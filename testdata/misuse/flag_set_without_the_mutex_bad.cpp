// gridlock: mode=static args=--rule=lost-wakeup
//
// The flag is atomic, so this is no data race; but it is set and notified without the mutex, between the
// waiter's look at it and its sleep: the notification is lost.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

static std::mutex mutex;
static std::condition_variable changed;
static std::atomic<bool> done{false};

static void finish() {
  done = true;           // expect-miss: lost-wakeup
  changed.notify_one();  // also: lost-wakeup
}

static void await() {
  std::unique_lock<std::mutex> lock(mutex);
  while (!done) changed.wait_for(lock, std::chrono::milliseconds(10));  // also: lost-wakeup
}

int main() {
  std::thread waiter(await);
  finish();
  waiter.join();
  return 0;
}
