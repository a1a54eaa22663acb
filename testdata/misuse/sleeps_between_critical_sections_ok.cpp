// gridlock: mode=static,runtime  expect-none: blocking-while-locked
//
// The same retry loop with the lock given back for the sleep.
#include <chrono>
#include <mutex>
#include <thread>

class Connection {
 public:
  bool connect() {
    for (int i = 0; i < 2; ++i) {
      {
        std::lock_guard<std::mutex> guard(mutex_);
        if (++attempts_ == 3) return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
  int attempts() {
    std::lock_guard<std::mutex> guard(mutex_);
    return attempts_;
  }

 private:
  std::mutex mutex_;
  int attempts_ = 0;
};

int main() {
  Connection connection;
  std::thread other([&] { connection.attempts(); });
  connection.connect();
  other.join();
  return 0;
}
