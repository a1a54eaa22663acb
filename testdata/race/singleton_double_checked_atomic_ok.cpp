// gridlock: mode=static,runtime  expect-none: data-race
//
// The right double check: an acquire load, a release store.
#include <atomic>
#include <mutex>
#include <thread>

class Config {
 public:
  static Config *get() {
    Config *found = instance_.load(std::memory_order_acquire);
    if (!found) {
      std::lock_guard<std::mutex> guard(mutex_);
      found = instance_.load(std::memory_order_relaxed);
      if (!found) {
        found = new Config;
        instance_.store(found, std::memory_order_release);
      }
    }
    return found;
  }
  int port() const { return port_; }

 private:
  static std::mutex mutex_;
  static std::atomic<Config *> instance_;
  int port_ = 8080;
};

std::mutex Config::mutex_;
std::atomic<Config *> Config::instance_;

int main() {
  int ports[2];
  std::thread first([&] { ports[0] = Config::get()->port(); });
  std::thread second([&] { ports[1] = Config::get()->port(); });
  first.join();
  second.join();
  return ports[0] == ports[1] ? 0 : 1;
}
