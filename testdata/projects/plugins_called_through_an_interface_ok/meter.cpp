#include <mutex>

#include "plugin.h"

namespace {
std::mutex mutex;
long count;

class Meter : public Plugin {
 public:
  void poll() override {
    std::lock_guard<std::mutex> guard(mutex);
    ++count;
  }
};
}  // namespace

std::unique_ptr<Plugin> makeMeter() { return std::make_unique<Meter>(); }

long readings() {
  std::lock_guard<std::mutex> guard(mutex);
  return count;
}
