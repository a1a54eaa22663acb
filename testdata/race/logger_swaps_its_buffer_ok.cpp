// gridlock: mode=static,runtime  expect-none: data-race, lost-wakeup, lock-order-cycle
//
// The writer thread swaps the buffer out under the lock and formats it outside: what it took is its own.
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

class Logger {
 public:
  Logger() : writer_([this] { drain(); }) {}
  ~Logger() {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      closing_ = true;
    }
    wake_.notify_one();
    writer_.join();
  }
  void log(std::string text) {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      pending_.push_back(std::move(text));
    }
    wake_.notify_one();
  }

 private:
  void drain() {
    std::vector<std::string> taken;
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [this] { return closing_ || !pending_.empty(); });
        if (pending_.empty()) return;
        taken.swap(pending_);
      }
      for (const std::string &line : taken) bytes_ += line.size();
      taken.clear();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> pending_;
  bool closing_ = false;
  std::size_t bytes_ = 0;
  std::thread writer_;
};

int main() {
  Logger logger;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) logger.log("from the other");
  });
  for (int i = 0; i < 100; ++i) logger.log("from main");
  other.join();
  return 0;
}
