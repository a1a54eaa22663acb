// gridlock: mode=static
//
// Two pollers call every plugin through its interface. The clock counts atomically, the meter, in a unit that
// nobody here names, does not.
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
  first.join();
  second.join();
  return readings() > 0 ? 0 : 1;
}
