// gridlock: mode=static,runtime  expect-none: lock-order-cycle
//
// The repair: the logger asks the cache for its size before it takes its own lock.
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

class Cache;

class Logger {
 public:
  void write(const std::string &line) {
    std::lock_guard<std::mutex> guard(mutex_);
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
    std::lock_guard<std::mutex> guard(mutex_);
    entries_[key] = std::move(value);
    logger_.write("put");
  }
  std::size_t size() {
    std::lock_guard<std::mutex> guard(mutex_);
    return entries_.size();
  }

 private:
  std::mutex mutex_;
  Logger &logger_;
  std::unordered_map<int, std::string> entries_;
};

void Logger::rotate(Cache &cache) {
  std::size_t size = cache.size();
  std::lock_guard<std::mutex> guard(mutex_);
  lines_.clear();
  lines_.push_back("entries: " + std::to_string(size));
}

int main() {
  Logger logger;
  Cache cache(logger);
  std::thread filler([&] {
    for (int i = 0; i < 50; ++i) cache.put(i, "x");
  });
  std::thread rotator([&] {
    for (int i = 0; i < 50; ++i) logger.rotate(cache);
  });
  filler.join();
  rotator.join();
  return 0;
}
