// gridlock: mode=static,runtime  expect-none: data-race
//
// A reference count by hand: whoever drops the last reference has the object to itself.
#include <atomic>
#include <mutex>
#include <thread>

class Blob {
 public:
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      uses_ = 0;
      delete this;
    }
  }
  void use() {
    std::lock_guard<std::mutex> guard(mutex_);
    ++uses_;
  }

 private:
  ~Blob() = default;
  std::atomic<int> references_{1};
  std::mutex mutex_;
  int uses_ = 0;
};

int main() {
  Blob *blob = new Blob;
  auto work = [](Blob *b) {
    for (int i = 0; i < 100; ++i) b->use();
    b->release();
  };
  blob->retain();
  std::thread first(work, blob);
  blob->retain();
  std::thread second(work, blob);
  blob->use();
  blob->release();
  first.join();
  second.join();
  return 0;
}
