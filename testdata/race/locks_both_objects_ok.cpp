// gridlock: mode=static,runtime  expect-none: data-race, lock-order-cycle  also: lock-order-cycle severity=note
//
// The repair: both locks, taken together.
#include <mutex>
#include <thread>

class Counter {
 public:
  void add(int n) {
    std::lock_guard<std::mutex> guard(mutex_);
    count_ += n;
  }
  void drainInto(Counter &other) {
    std::scoped_lock both(mutex_, other.mutex_);
    other.count_ += count_;
    count_ = 0;
  }

 private:
  std::mutex mutex_;
  long count_ = 0;
};

int main() {
  Counter day;
  Counter month;
  std::thread adder([&] {
    for (int i = 0; i < 1000; ++i) month.add(1);
  });
  std::thread closer([&] {
    for (int i = 0; i < 1000; ++i) {
      day.add(1);
      day.drainInto(month);
    }
  });
  adder.join();
  closer.join();
  return 0;
}
