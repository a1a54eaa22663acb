// gridlock: mode=static,runtime validate=none
//
// stop() holds the queue's lock while it waits for the worker to end; the worker needs that lock to see
// that it should.
#include <deque>
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

class Poller {
 public:
  Poller() : worker_([this] { run(); }) {}
  ~Poller() { stop(); }

  void stop() {
    std::lock_guard<std::mutex> guard(mutex_);  // also: deadlock, wait-while-holding
    stopping_ = true;
    invisible_step_advance(&step_);
    // expect@+1: deadlock via=runtime  expect@+1: wait-while-holding via=static  also@+1: blocking-while-locked, lock-order-cycle
    if (worker_.joinable()) worker_.join();
  }

 private:
  void run() {
    invisible_step_await(&step_, 1);
    for (;;) {
      std::lock_guard<std::mutex> guard(mutex_);  // expect: deadlock via=runtime  also: wait-while-holding, lock-order-cycle
      if (stopping_) return;
      if (!queue_.empty()) queue_.pop_front();
    }
  }

  std::mutex mutex_;
  invisible_step step_ = INVISIBLE_STEP_INIT;
  bool stopping_ = false;
  std::deque<int> queue_;
  std::thread worker_;
};

int main() {
  Poller poller;
  return 0;
}
