// gridlock: mode=static,runtime  expect-none: deadlock, wait-while-holding, blocking-while-locked, data-race
//
// The repair: set the flag under the lock, give it back, then join.
#include <deque>
#include <mutex>
#include <thread>

class Poller {
 public:
  Poller() : worker_([this] { run(); }) {}
  ~Poller() { stop(); }

  void stop() {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      stopping_ = true;
    }
    if (worker_.joinable()) worker_.join();
  }

 private:
  void run() {
    for (;;) {
      std::lock_guard<std::mutex> guard(mutex_);
      if (stopping_) return;
      if (!queue_.empty()) queue_.pop_front();
    }
  }

  std::mutex mutex_;
  bool stopping_ = false;
  std::deque<int> queue_;
  std::thread worker_;
};

int main() {
  Poller poller;
  return 0;
}
