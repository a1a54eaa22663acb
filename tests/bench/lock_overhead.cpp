// The cost of lock and unlock: alone, nested, on many threads, over many locks.
#include <pthread.h>

#include <algorithm>
#include <memory>

#include "bench_case.h"

namespace bench {
namespace {

void lockUnlock(pthread_mutex_t& mutex, std::size_t pairs) {
  for (std::size_t i = 0; i < pairs; ++i) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  }
}

Figures onePair(std::size_t pairs) {
  SleepingThread second;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  return measure(pairs, [&] { lockUnlock(mutex, pairs); });
}

Figures onePairSingleThreaded(std::size_t pairs) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  return measure(pairs, [&] { lockUnlock(mutex, pairs); });
}

// `depth` locks are taken one inside the other, then dropped in reverse.
Figures nested(std::size_t pairs, std::size_t depth) {
  SleepingThread second;
  std::vector<pthread_mutex_t> locks(depth, PTHREAD_MUTEX_INITIALIZER);
  const std::size_t rounds = std::max<std::size_t>(pairs / depth, 1);
  return measure(rounds * depth, [&] {
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < depth; ++i) {
        pthread_mutex_lock(&locks[i]);
      }
      for (std::size_t i = depth; i-- > 0;) {
        pthread_mutex_unlock(&locks[i]);
      }
    }
  });
}

struct alignas(128) PrivateLock {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  std::size_t pairs = 0;
};

Figures privateLocks(std::size_t pairs, std::size_t threads) {
  SleepingThread another;
  std::vector<PrivateLock> locks(threads);
  std::vector<pthread_t> ids(threads);
  const std::size_t share = std::max<std::size_t>(pairs / threads, 1);
  return measure(share * threads, [&] {
    for (std::size_t i = 0; i < threads; ++i) {
      locks[i].pairs = share;
      auto body = [](void* raw) -> void* {
        auto* own = static_cast<PrivateLock*>(raw);
        lockUnlock(own->mutex, own->pairs);
        return nullptr;
      };
      pthread_create(&ids[i], nullptr, body, &locks[i]);
    }
    for (pthread_t id : ids) {
      pthread_join(id, nullptr);
    }
  });
}

Figures randomLocks(std::size_t pairs, std::size_t count) {
  SleepingThread second;
  auto locks = std::make_unique<pthread_mutex_t[]>(count);
  for (std::size_t i = 0; i < count; ++i) {
    locks[i] = PTHREAD_MUTEX_INITIALIZER;
    lockUnlock(locks[i], 1);  // first meetings are not what is measured here
  }
  Random random;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      lockUnlock(locks[random.below(static_cast<unsigned>(count))], 1);
    }
  });
}

Figures initDestroy(std::size_t rounds) {
  SleepingThread second;
  return measure(rounds, [&] {
    for (std::size_t i = 0; i < rounds; ++i) {
      pthread_mutex_t mutex;
      pthread_mutex_init(&mutex, nullptr);
      lockUnlock(mutex, 1);
      pthread_mutex_destroy(&mutex);
    }
  });
}

Figures recursivePair(std::size_t pairs) {
  SleepingThread second;
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &kind);
  Figures figures = measure(pairs, [&] { lockUnlock(mutex, pairs); });
  pthread_mutex_destroy(&mutex);
  pthread_mutexattr_destroy(&kind);
  return figures;
}

Figures tryPair(std::size_t pairs) {
  SleepingThread second;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; ++i) {
      if (pthread_mutex_trylock(&mutex) == 0) {
        pthread_mutex_unlock(&mutex);
      }
    }
  });
}

}  // namespace

std::vector<Case> lockCases() {
  auto nest = [](std::size_t depth) { return [depth](std::size_t n) { return nested(n, depth); }; };
  auto own = [](std::size_t threads) {
    return [threads](std::size_t n) { return privateLocks(n, threads); };
  };
  auto over = [](std::size_t count) { return [count](std::size_t n) { return randomLocks(n, count); }; };
  return {
      {"pair", "uncontended pair, two threads alive", 20'000'000, onePair},
      {"pair-single", "uncontended pair, single-threaded process", 80'000'000, onePairSingleThreaded},
      {"nested-8", "nested 8 deep", 20'000'000, nest(8)},
      {"nested-60", "nested 60 deep", 20'000'000, nest(60)},
      {"private-1", "1 thread, private lock", 20'000'000, own(1)},
      {"private-2", "2 threads, private locks", 20'000'000, own(2)},
      {"private-4", "4 threads, private locks", 20'000'000, own(4)},
      {"private-8", "8 threads, private locks", 20'000'000, own(8)},
      {"random-1k", "1k locks at random", 20'000'000, over(1'000)},
      {"random-1m", "1M locks at random", 5'000'000, over(1'000'000)},
      {"init-destroy", "init, lock, unlock, destroy", 15'000'000, initDestroy},
      {"recursive", "uncontended pair, recursive mutex", 15'000'000, recursivePair},
      {"try", "trylock and unlock", 15'000'000, tryPair},
  };
}

}  // namespace bench
