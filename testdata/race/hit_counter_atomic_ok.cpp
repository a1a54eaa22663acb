// gridlock: mode=static  expect-none: data-race
//
// Atomic counters need no lock, in either spelling.
#include <atomic>
#include <thread>

static std::atomic<long> hits;
static long misses;

static void serve() {
  for (int i = 0; i < 1000; ++i) {
    hits.fetch_add(1, std::memory_order_relaxed);
    __atomic_fetch_add(&misses, 1, __ATOMIC_RELAXED);
  }
}

int main() {
  std::thread first(serve);
  std::thread second(serve);
  first.join();
  second.join();
  return hits == 2000 && misses == 2000 ? 0 : 1;
}
