// gridlock: mode=static,runtime
//
// Each half of the cycle is in a unit of its own: cache.cpp calls the index with the cache locked, index.cpp
// calls the cache with the index locked.
#include <thread>

#include "cache.h"
#include "index.h"
#include "support/invisible_barrier.h"

int main() {
  Index index;
  Cache cache(index);
  invisible_step step = INVISIBLE_STEP_INIT;
  std::thread filler([&] {
    cache.put("a", 1);
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread pruner([&] {
    invisible_step_await(&step, 1);
    index.prune(cache);
    invisible_step_advance(&step);
  });
  filler.join();
  pruner.join();
  return 0;
}
