// gridlock: mode=static,runtime  expect-none: lock-order-cycle, data-race
//
// The repair: the cache calls the index after it gave its lock back, so the only order is index before cache.
#include <thread>

#include "cache.h"
#include "index.h"

int main() {
  Index index;
  Cache cache(index);
  std::thread filler([&] {
    for (int i = 0; i < 50; ++i) cache.put(std::to_string(i), i);
  });
  std::thread pruner([&] {
    for (int i = 0; i < 50; ++i) index.prune(cache);
  });
  filler.join();
  pruner.join();
  return 0;
}
