// gridlock: mode=static
//
// flush() waits for the task's future under the lock that the task takes.
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
    std::lock_guard guard(mutex_);
    std::future<void> done = std::async(std::launch::async, [this] {
      std::lock_guard guard(mutex_);  // also: wait-while-holding,deadlock
      pending_.clear();
    });
    done.get();  // expect: wait-while-holding|deadlock
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
