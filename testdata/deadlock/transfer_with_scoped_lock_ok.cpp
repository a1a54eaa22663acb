// gridlock: mode=static,runtime  expect-none: lock-order-cycle, self-deadlock  also: lock-order-cycle severity=note
//
// std::scoped_lock of two mutexes takes them by an algorithm that cannot deadlock, in either order. So does
// std::lock with guards that adopt.
#include <mutex>
#include <thread>

class Account {
 public:
  explicit Account(long balance) : balance_(balance) {}

  static void transfer(Account &from, Account &to, long amount) {
    std::scoped_lock both(from.mutex_, to.mutex_);
    from.balance_ -= amount;
    to.balance_ += amount;
  }

  static void transferOldStyle(Account &from, Account &to, long amount) {
    std::lock(from.mutex_, to.mutex_);
    std::lock_guard<std::mutex> giving(from.mutex_, std::adopt_lock);
    std::lock_guard<std::mutex> taking(to.mutex_, std::adopt_lock);
    from.balance_ -= amount;
    to.balance_ += amount;
  }

  static void transferDeferred(Account &from, Account &to, long amount) {
    std::unique_lock<std::mutex> giving(from.mutex_, std::defer_lock);
    std::unique_lock<std::mutex> taking(to.mutex_, std::defer_lock);
    std::lock(giving, taking);
    from.balance_ -= amount;
    to.balance_ += amount;
  }

 private:
  std::mutex mutex_;
  long balance_;
};

static void work(Account &from, Account &to) {
  for (int i = 0; i < 50; ++i) {
    Account::transfer(from, to, 1);
    Account::transferOldStyle(from, to, 1);
    Account::transferDeferred(from, to, 1);
  }
}

int main() {
  Account rent(1000);
  Account food(1000);
  std::thread monthly([&] { work(rent, food); });
  std::thread weekly([&] { work(food, rent); });
  monthly.join();
  weekly.join();
  return 0;
}
