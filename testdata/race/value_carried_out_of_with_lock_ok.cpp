// gridlock: mode=static  expect-none: data-race
//
// The callable given to withLock() carries a copy out.
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

template <typename T>
class Synchronized {
 public:
  template <typename F>
  auto withLock(F &&use) {
    std::lock_guard<std::mutex> guard(mutex_);
    return std::forward<F>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_{};
};

struct Totals {
  long bytes = 0;
  int files = 0;
};

static Synchronized<Totals> totals;

static void scan() {
  for (int i = 0; i < 1000; ++i) {
    totals.withLock([i](Totals &t) {
      t.bytes += i;
      ++t.files;
      return 0;
    });
  }
}

int main() {
  std::thread scanner(scan);
  Totals view = totals.withLock([](Totals &t) { return t; });
  long seen = view.bytes;
  scanner.join();
  return seen < 0;
}
