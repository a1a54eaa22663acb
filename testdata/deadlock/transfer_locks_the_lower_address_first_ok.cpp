// gridlock: mode=static,runtime  expect-none: lock-order-cycle
//
// Address order: whichever way the money goes, the lock at the lower address comes first.
#include <functional>
#include <mutex>
#include <thread>

class Account {
 public:
  explicit Account(long balance) : balance_(balance) {}

  static void transfer(Account &from, Account &to, long amount) {
    if (&from == &to) return;
    bool from_first = std::less<Account *>()(&from, &to);
    Account &first = from_first ? from : to;
    Account &second = from_first ? to : from;
    std::lock_guard<std::mutex> outer(first.mutex_);
    std::lock_guard<std::mutex> inner(second.mutex_);
    from.balance_ -= amount;  // expect-none: data-race via=static
    to.balance_ += amount;
  }

 private:
  std::mutex mutex_;
  long balance_;
};

int main() {
  Account rent(1000);
  Account food(1000);
  std::thread monthly([&] {
    for (int i = 0; i < 50; ++i) Account::transfer(rent, food, 10);
  });
  std::thread weekly([&] {
    for (int i = 0; i < 50; ++i) Account::transfer(food, rent, 5);
  });
  monthly.join();
  weekly.join();
  return 0;
}
