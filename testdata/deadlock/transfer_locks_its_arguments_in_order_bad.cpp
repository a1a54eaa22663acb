// gridlock: mode=static,runtime
//
// transfer(a, b) and transfer(b, a) from two threads: two objects of one class, locked in the order of the
// arguments. Here the second thread goes second; nothing in the code asks for that.
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

class Account {
 public:
  explicit Account(long balance) : balance_(balance) {}

  static void transfer(Account &from, Account &to, long amount) {
    std::lock_guard<std::mutex> giving(from.mutex_);
    std::lock_guard<std::mutex> taking(to.mutex_);  // expect: lock-order-cycle
    from.balance_ -= amount;
    to.balance_ += amount;
  }

 private:
  std::mutex mutex_;
  long balance_;
};

int main() {
  Account rent(1000);
  Account food(1000);
  invisible_step step = INVISIBLE_STEP_INIT;
  std::thread monthly([&] {
    Account::transfer(rent, food, 10);
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread weekly([&] {
    invisible_step_await(&step, 1);
    Account::transfer(food, rent, 5);
    invisible_step_advance(&step);
  });
  monthly.join();
  weekly.join();
  return 0;
}
