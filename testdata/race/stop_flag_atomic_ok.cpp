// gridlock: mode=static  expect-none: data-race
//
// The flag is atomic; what the thread counts is read after the join.
#include <atomic>
#include <thread>

static std::atomic<bool> stopping{false};
static long beats;

static void beat() {
  do ++beats;
  while (!stopping.load(std::memory_order_relaxed));
}

int main() {
  std::thread heart(beat);
  stopping.store(true);
  heart.join();
  return beats > 0 ? 0 : 1;
}
