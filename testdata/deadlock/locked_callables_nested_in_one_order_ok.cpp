// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// withLock() runs a lambda under a lock; lambdas are nested in one order.
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

template <typename T>
class Guarded {
 public:
  template <typename F>
  decltype(auto) withLock(F &&use) {
    std::scoped_lock lock(mutex_);
    return std::forward<F>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

static Guarded<std::map<std::string, int>> users;
static Guarded<long> totals;

static void login(const std::string &name) {
  users.withLock([&](auto &all) {
    ++all[name];
    totals.withLock([](long &n) { ++n; });
  });
}

static void report() {
  users.withLock([](auto &all) {
    totals.withLock([&all](long &n) { n = static_cast<long>(all.size()); });
  });
}

int main() {
  std::thread a([] { login("ada"); });
  std::thread b(report);
  a.join();
  b.join();
}
