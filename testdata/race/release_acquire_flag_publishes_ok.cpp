// gridlock: mode=static,runtime  expect-none: data-race
//
// The buffer is written before the release store of the flag and read after the acquire load saw it.
#include <atomic>
#include <thread>

static int samples[64];
static std::atomic<bool> filled{false};

static void fill() {
  for (int i = 0; i < 64; ++i) samples[i] = i;
  filled.store(true, std::memory_order_release);
}

int main() {
  std::thread producer(fill);
  while (!filled.load(std::memory_order_acquire)) std::this_thread::yield();
  long sum = 0;
  for (int sample : samples) sum += sample;
  producer.join();
  return sum == 2016 ? 0 : 1;
}
