// gridlock: mode=static,runtime validate=none run-args=--timeout=3
//
// Nested monitor: take() waits for the buffer's condition, which gives back the buffer's lock but not the
// account's; put() needs the account's lock before it can notify.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

class Buffer {
 public:
  int take() {
    std::unique_lock<std::mutex> lock(mutex_);
    // expect@+1: wait-while-holding via=static  expect@+1: deadlock via=runtime  also@+1: wait-while-holding
    filled_.wait(lock, [this] { return !items_.empty(); });
    int item = items_.front();
    items_.pop_front();
    return item;
  }
  void put(int item) {
    std::lock_guard<std::mutex> guard(mutex_);
    items_.push_back(item);
    filled_.notify_one();  // also: wait-while-holding
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<int> items_;
};

class Account {
 public:
  void withdraw(invisible_step *step) {
    std::lock_guard<std::mutex> guard(mutex_);  // also: wait-while-holding, deadlock
    invisible_step_advance(step);
    total_ -= deposits_.take();  // also: wait-while-holding, deadlock
  }
  void deposit(int amount) {
    std::lock_guard<std::mutex> guard(mutex_);  // also: wait-while-holding expect: deadlock via=runtime
    deposits_.put(amount);
  }

 private:
  std::mutex mutex_;
  Buffer deposits_;
  long total_ = 0;
};

int main() {
  Account account;
  invisible_step step = INVISIBLE_STEP_INIT;
  std::thread customer([&] { account.withdraw(&step); });
  std::thread employer([&] {
    invisible_step_await(&step, 1);
    account.deposit(10);
  });
  customer.join();
  employer.join();
  return 0;
}
