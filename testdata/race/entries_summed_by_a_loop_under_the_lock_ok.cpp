// gridlock: mode=static  expect-none: data-race
//
// The loop with structured bindings walks over the map within the guard's scope.
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "support/invisible_barrier.h"

static invisible_step reported = INVISIBLE_STEP_INIT;

class Metrics {
 public:
  void add(const std::string &name, long value) {
    std::lock_guard guard(mutex_);
    counters_[name] += value;
  }
  long sum() {
    long total = 0;
    {
      std::lock_guard guard(mutex_);
      if (counters_.empty()) return 0;
      for (const auto &[name, value] : counters_) total += value;
    }
    return total;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, long> counters_;
};

int main() {
  Metrics metrics;
  metrics.add("requests", 1);
  std::thread reporter([&] {
    metrics.sum();
    invisible_step_advance(&reported);
  });
  invisible_step_await(&reported, 1);
  metrics.add("requests", 1);
  reporter.join();
}
