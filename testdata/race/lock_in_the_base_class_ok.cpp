// gridlock: mode=static,runtime  expect-none: data-race
//
// The base class owns the mutex and hands it out; two derived classes guard their own fields with it.
#include <mutex>
#include <thread>

class Guarded {
 protected:
  std::mutex &mutex() { return mutex_; }
  std::mutex mutex_;
};

class Gauge : public Guarded {
 public:
  void set(int v) {
    std::lock_guard<std::mutex> guard(mutex());
    value_ = v;
  }
  int get() {
    std::lock_guard<std::mutex> guard(mutex_);
    return value_;
  }

 private:
  int value_ = 0;
};

int main() {
  Gauge gauge;
  std::thread setter([&] {
    for (int i = 0; i < 500; ++i) gauge.set(i);
  });
  int last = 0;
  for (int i = 0; i < 500; ++i) last = gauge.get();
  setter.join();
  return last <= 499 ? 0 : 1;
}
