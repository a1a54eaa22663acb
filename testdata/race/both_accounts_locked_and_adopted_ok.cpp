// gridlock: mode=static  expect-none: data-race
//
// transfer() locks both accounts with std::lock, and the guards adopt them.
#include <mutex>
#include <thread>

class Account {
 public:
  explicit Account(long balance) : balance_(balance) {}
  static void transfer(Account &from, Account &to, long amount) {
    std::lock(from.mutex_, to.mutex_);
    std::lock_guard first(from.mutex_, std::adopt_lock);
    std::lock_guard second(to.mutex_, std::adopt_lock);
    from.balance_ -= amount;
    to.balance_ += amount;
  }
  long balance() {
    std::lock_guard guard(mutex_);
    return balance_;
  }

 private:
  std::mutex mutex_;
  long balance_;
};

int main() {
  Account savings(1000), checking(1000);
  std::thread a([&] {
    for (int i = 0; i < 300; ++i) Account::transfer(savings, checking, 1);
  });
  std::thread b([&] {
    for (int i = 0; i < 300; ++i) Account::transfer(checking, savings, 2);
  });
  a.join();
  b.join();
  return savings.balance() + checking.balance() == 0;
}
