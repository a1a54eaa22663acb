// gridlock: mode=static  expect-none: data-race
//
// add() and the timer thread lock.
#include <algorithm>
#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

class TimerService {
 public:
  TimerService() : thread_(std::bind_front(&TimerService::loop, this)) {}
  void add(long due) {
    std::scoped_lock lock(mutex_);
    timers_.push_back(Timer{due});
  }
  long fired() const { return fired_.load(); }

 private:
  struct Timer {
    long due;
  };
  void loop(std::stop_token stop) {
    for (long now = 0; !stop.stop_requested(); ++now) expire(now);
  }
  void expire(long now) {
    std::scoped_lock lock(mutex_);
    fired_ += static_cast<long>(timers_.remove_if([now](const Timer &t) { return t.due <= now; }));
  }
  std::mutex mutex_;
  std::list<Timer> timers_;
  std::atomic<long> fired_{0};
  std::jthread thread_;
};

int main() {
  TimerService timers;
  for (int i = 0; i < 200; ++i) timers.add(i);
}
