// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// stop() sets the flag under the mutex and joins after it.
#include <condition_variable>
#include <mutex>
#include <thread>

class Heartbeat {
 public:
  void start() { thread_ = std::thread(&Heartbeat::loop, this); }
  void stop() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
    lock.unlock();
    thread_.join();
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      ++beats_;
      wake_.wait_for(lock, std::chrono::milliseconds(1), [this] { return stopped_; });
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  long beats_ = 0;
  std::thread thread_;
};

int main() {
  Heartbeat heartbeat;
  heartbeat.start();
  heartbeat.stop();
}
