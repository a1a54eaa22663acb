// gridlock: mode=static,runtime  expect-none: data-race, lock-order-cycle
//
// The same plugins with the meter locked.
#include <thread>

#include "plugin.h"

static std::vector<std::unique_ptr<Plugin>> plugins;

static void pollAll() {
  for (int i = 0; i < 500; ++i) {
    for (const std::unique_ptr<Plugin> &plugin : plugins) plugin->poll();
  }
}

int main() {
  plugins.push_back(makeClock());
  plugins.push_back(makeMeter());
  std::thread first(pollAll);
  std::thread second(pollAll);
  long seen = readings();
  first.join();
  second.join();
  return readings() == 1000 && seen >= 0 ? 0 : 1;
}
