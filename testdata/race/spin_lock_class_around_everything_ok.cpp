// gridlock: mode=static  expect-none: data-race
//
// A spin lock made of an atomic_flag, around all writes.
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

class SpinLock {
 public:
  void lock() {
    while (flag_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_ = ATOMIC_FLAG_INIT;
};

class Histogram {
 public:
  void add(unsigned value) {
    spin_.lock();
    ++buckets_[value % buckets_.size()];
    sum_ += value;
    spin_.unlock();
  }
  unsigned long sum() {
    std::lock_guard<SpinLock> guard(spin_);
    return sum_;
  }

 private:
  SpinLock spin_;
  std::vector<unsigned> buckets_ = std::vector<unsigned>(8);
  unsigned long sum_ = 0;
};

int main() {
  Histogram histogram;
  auto measure = [&] {
    for (unsigned i = 0; i < 500; ++i) histogram.add(i);
  };
  std::thread a(measure), b(measure);
  a.join();
  b.join();
  return histogram.sum() == 0;
}
