// gridlock: mode=static,runtime  expect-none: wait-without-predicate, lost-wakeup, wrong-mutex
//
// The three right forms: while, do-while, and the overload with a predicate.
#include <condition_variable>
#include <mutex>
#include <thread>

static std::mutex mutex;
static std::condition_variable changed;
static int stage;

static void advance() {
  {
    std::lock_guard<std::mutex> guard(mutex);
    ++stage;
  }
  changed.notify_all();
}

static void follow() {
  {
    std::unique_lock<std::mutex> lock(mutex);
    while (stage < 1) changed.wait(lock);
  }
  {
    std::unique_lock<std::mutex> lock(mutex);
    if (stage < 2) {
      do changed.wait(lock);
      while (stage < 2);
    }
  }
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [] { return stage >= 3; });
}

int main() {
  std::thread follower(follow);
  advance();
  advance();
  advance();
  follower.join();
  return 0;
}
