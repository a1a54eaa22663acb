// gridlock: mode=static validate=none  expect-none: data-race
//
// Readers take a snapshot of the configuration; the reload publishes a new one.
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "support/invisible_barrier.h"

struct Config {
  int timeout = 30;
  std::string upstream = "localhost";
};

static invisible_step looked = INVISIBLE_STEP_INIT;

class ConfigStore {
 public:
  std::shared_ptr<Config> snapshot() const { return current_.load(); }
  void reload(int timeout) {
    auto config = std::make_shared<Config>(*current_.load());
    config->timeout = timeout;
    current_.store(config);
  }

 private:
  std::atomic<std::shared_ptr<Config>> current_{std::make_shared<Config>()};
};

int main() {
  ConfigStore store;
  long sum = 0;
  std::thread worker([&] {
    for (int i = 0; i < 2000; ++i) sum += store.snapshot()->timeout;
    invisible_step_advance(&looked);
  });
  invisible_step_await(&looked, 1);
  for (int i = 0; i < 2000; ++i) store.reload(i);
  worker.join();
  return sum < 0;
}
