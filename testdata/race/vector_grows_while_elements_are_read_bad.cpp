// gridlock: mode=static
//
// The writer appends under the lock; the reader holds the lock only to fetch an iterator and walks without.
#include <mutex>
#include <thread>
#include <vector>

static std::mutex mutex;
static std::vector<int> samples;

static void sample() {
  for (int i = 0; i < 500; ++i) {
    std::lock_guard<std::mutex> guard(mutex);
    samples.push_back(i);  // also: data-race
  }
}

static long sum() {
  std::size_t count;
  {
    std::lock_guard<std::mutex> guard(mutex);
    count = samples.size();
  }
  long total = 0;
  for (std::size_t i = 0; i < count; ++i) total += samples[i];  // expect: data-race
  return total;
}

int main() {
  std::thread sampler(sample);
  long last = 0;
  for (int i = 0; i < 200; ++i) last = sum();
  sampler.join();
  return last >= 0 ? 0 : 1;
}
