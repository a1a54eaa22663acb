// Locks taken as programs in C do: a few wrapper functions that everybody calls, and few situations that come
// in turn. The last acquisition is hardly ever repeated, and the call site tells nothing.
//
// Compiled with -fomit-frame-pointer, so that the callers are not at hand.
#include <pthread.h>

#include <cstdlib>

#include "bench_case.h"

#define KEPT [[gnu::noinline, gnu::noclone]]

namespace bench {
namespace {

constexpr unsigned kLocks = 4;
pthread_mutex_t locks[kLocks] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                 PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

KEPT void take(pthread_mutex_t& mutex) {
  if (pthread_mutex_lock(&mutex) != 0) std::abort();
}
KEPT void give(pthread_mutex_t& mutex) {
  if (pthread_mutex_unlock(&mutex) != 0) std::abort();
}

KEPT void store(unsigned i) {
  take(locks[0]);
  take(locks[1 + i % 3]);
  give(locks[1 + i % 3]);
  give(locks[0]);
}
KEPT void load(unsigned i) {
  take(locks[1 + i % 3]);
  give(locks[1 + i % 3]);
  asm volatile("");
}

Figures wrapped(std::size_t pairs) {
  SleepingThread second;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; i += 3) {
      store(static_cast<unsigned>(i));
      load(static_cast<unsigned>(i + 1));
    }
  });
}

// The same locks at places of their own, still in turn.
Figures inTurn(std::size_t pairs) {
  SleepingThread second;
  return measure(pairs, [&] {
    for (std::size_t i = 0; i < pairs; i += 4) {
      pthread_mutex_lock(&locks[0]);
      pthread_mutex_lock(&locks[1]);
      pthread_mutex_unlock(&locks[1]);
      pthread_mutex_lock(&locks[2]);
      pthread_mutex_unlock(&locks[2]);
      pthread_mutex_unlock(&locks[0]);
      pthread_mutex_lock(&locks[3]);
      pthread_mutex_unlock(&locks[3]);
    }
  });
}

}  // namespace

std::vector<Case> wrapperCases() {
  return {
      {"wrapped", "few locks in turn, through wrappers", 15'000'000, wrapped},
      {"in-turn", "few locks in turn, at places of their own", 20'000'000, inTurn},
  };
}

}  // namespace bench
