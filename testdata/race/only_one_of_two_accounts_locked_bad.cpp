// gridlock: mode=static
//
// transfer() locks the payer only and changes both accounts.
#include <mutex>
#include <thread>

class Account {
 public:
  explicit Account(long balance) : balance_(balance) {}
  static void transfer(Account &from, Account &to, long amount) {
    std::lock_guard guard(from.mutex_);
    from.balance_ -= amount;
    to.balance_ += amount;  // expect: data-race
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
