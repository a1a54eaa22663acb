// gridlock: mode=static  expect-none: data-race
//
// tryAcquire() and the refill by the timer thread lock.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

class RateLimiter {
 public:
  explicit RateLimiter(int burst) : burst_(burst), tokens_(burst) {}
  bool tryAcquire() {
    std::scoped_lock lock(mutex_);
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }
  void refill(int n) {
    std::scoped_lock lock(mutex_);
    tokens_ = std::min(burst_, tokens_ + n);
  }

 private:
  const int burst_;
  int tokens_;
  std::mutex mutex_;
};

int main() {
  RateLimiter limiter(100);
  std::atomic<bool> done{false};
  std::thread timer([&] {
    do limiter.refill(10);
    while (!done.load());
  });
  int granted = 0;
  for (int i = 0; i < 1000; ++i) granted += limiter.tryAcquire();
  done = true;
  timer.join();
  return granted > 0 ? 0 : 1;
}
