// Locks taken in code that keeps its frame pointers, as all unoptimised code does. There the call site says
// little (it lies in a wrapper that everybody calls), and a tool has to look further out.
//
// Compiled with -fno-omit-frame-pointer; else nothing differs from lock_overhead.cpp.
#include <pthread.h>

#include <memory>

#include "bench_case.h"

namespace bench {
namespace {

[[gnu::noinline]] void lock(pthread_mutex_t& mutex) {
  pthread_mutex_lock(&mutex);
  asm volatile("");  // no tail call
}

Figures onePair(std::size_t pairs) {
  SleepingThread second;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      lock(mutex);
      pthread_mutex_unlock(&mutex);
    }
  });
}

Figures randomLocks(std::size_t pairs) {
  SleepingThread second;
  constexpr unsigned kLocks = 1000;
  auto locks = std::make_unique<pthread_mutex_t[]>(kLocks);
  for (unsigned i = 0; i < kLocks; ++i) {
    locks[i] = PTHREAD_MUTEX_INITIALIZER;
    lock(locks[i]);
    pthread_mutex_unlock(&locks[i]);
  }
  Random random;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      pthread_mutex_t& mutex = locks[random.below(kLocks)];
      lock(mutex);
      pthread_mutex_unlock(&mutex);
    }
  });
}

}  // namespace

std::vector<Case> framePointerCases() {
  return {
      {"frames-pair", "uncontended pair, code with frame pointers", 10'000'000, onePair},
      {"frames-random-1k", "1k locks at random, code with frame pointers", 10'000'000, randomLocks},
  };
}

}  // namespace bench
