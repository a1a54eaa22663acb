// gridlock: mode=static,runtime
//
// The cache logs while it is locked; the logger, when it rotates, asks the cache for its size while it is
// locked. Neither class sees the whole order.
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "support/invisible_barrier.h"

class Cache;

class Logger {
 public:
  void write(const std::string &line) {
    std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
    lines_.push_back(line);
  }
  void rotate(Cache &cache);

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class Cache {
 public:
  explicit Cache(Logger &logger) : logger_(logger) {}
  void put(int key, std::string value) {
    std::lock_guard<std::mutex> guard(mutex_);  // also: lock-order-cycle
    entries_[key] = std::move(value);
    logger_.write("put");  // also: lock-order-cycle
  }
  std::size_t size() {
    std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
    return entries_.size();
  }

 private:
  std::mutex mutex_;
  Logger &logger_;
  std::unordered_map<int, std::string> entries_;
};

void Logger::rotate(Cache &cache) {
  std::lock_guard<std::mutex> guard(mutex_);  // also: lock-order-cycle
  lines_.clear();
  lines_.push_back("entries: " + std::to_string(cache.size()));  // also: lock-order-cycle
}

int main() {
  Logger logger;
  Cache cache(logger);
  invisible_step step = INVISIBLE_STEP_INIT;
  std::thread filler([&] {
    cache.put(1, "one");
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread rotator([&] {
    invisible_step_await(&step, 1);
    logger.rotate(cache);
    invisible_step_advance(&step);
  });
  filler.join();
  rotator.join();
  return 0;
}
