// gridlock: mode=static
//
// The flag is atomic but relaxed: it tells that something happened, and orders nothing.
#include <atomic>
#include <thread>

static int samples[64];
static std::atomic<bool> filled{false};

static void fill() {
  for (int i = 0; i < 64; ++i) samples[i] = i;  // expect: data-race
  filled.store(true, std::memory_order_relaxed);
}

int main() {
  std::thread producer(fill);
  while (!filled.load(std::memory_order_relaxed)) std::this_thread::yield();
  long sum = 0;
  for (int sample : samples) sum += sample;  // also: data-race
  producer.join();
  return sum == 2016 ? 0 : 1;
}
