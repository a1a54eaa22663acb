// gridlock: mode=static,runtime
//
// A retry loop that sleeps with the lock held: everybody else sleeps too.
#include <chrono>
#include <mutex>
#include <thread>

class Connection {
 public:
  bool connect() {
    std::lock_guard<std::mutex> guard(mutex_);
    for (int i = 0; i < 2; ++i) {
      if (++attempts_ == 3) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // expect: blocking-while-locked
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
