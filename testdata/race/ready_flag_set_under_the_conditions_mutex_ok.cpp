// gridlock: mode=static  expect-none: data-race
//
// The flag of the predicate is set under the mutex under which the waiter reads it.
#include <condition_variable>
#include <mutex>
#include <thread>

class Gate {
 public:
  void open() {
    {
      std::lock_guard guard(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  bool pass() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(2), [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

int main() {
  Gate gate;
  std::thread opener(&Gate::open, &gate);
  gate.pass();
  opener.join();
}
