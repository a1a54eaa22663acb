#include <atomic>

#include "plugin.h"

namespace {
class Clock : public Plugin {
 public:
  void poll() override { ++ticks_; }

 private:
  std::atomic<long> ticks_{0};
};
}  // namespace

std::unique_ptr<Plugin> makeClock() { return std::make_unique<Clock>(); }
