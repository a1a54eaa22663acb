// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// flush() waits for the task's future after it gave the lock back.
#include <future>
#include <mutex>
#include <thread>
#include <vector>

class Writer {
 public:
  void add(int n) {
    std::lock_guard guard(mutex_);
    pending_.push_back(n);
  }
  void flush() {
    std::future<void> done = std::async(std::launch::async, [this] {
      std::lock_guard guard(mutex_);
      pending_.clear();
    });
    done.get();
  }

 private:
  std::mutex mutex_;
  std::vector<int> pending_;
};

int main() {
  Writer writer;
  writer.add(1);
  writer.flush();
}
