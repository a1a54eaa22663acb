// gridlock: mode=runtime validate=none  also: contention
//
// Each takes its own lock, tries the other's, gives way and begins anew, in step: polite for ever (here: for
// as long as the program cares to watch).
#include <pthread.h>
#include <time.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static int rounds[2];
static int over;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Both have their first lock, both have failed: in step, as two equal machines would be by chance.
static void meet(int* mine, const int* other) {
  const int round = __atomic_add_fetch(mine, 1, __ATOMIC_RELAXED);
  while (__atomic_load_n(other, __ATOMIC_RELAXED) < round && !__atomic_load_n(&over, __ATOMIC_RELAXED))
    invisible_yield();
}

static void* from_left(void* argument) {
  for (const long long end = now() + 1500000000LL; now() < end;) {
    pthread_mutex_lock(&left);
    meet(&rounds[0], &rounds[1]);
    const int got = pthread_mutex_trylock(&right) == 0;  // expect: livelock
    if (got) pthread_mutex_unlock(&right);
    meet(&rounds[0], &rounds[1]);
    pthread_mutex_unlock(&left);
    if (got) break;
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
  return argument;
}

static void* from_right(void* argument) {
  while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
    pthread_mutex_lock(&right);
    meet(&rounds[1], &rounds[0]);
    const int got = pthread_mutex_trylock(&left) == 0;  // also: livelock
    if (got) pthread_mutex_unlock(&left);
    meet(&rounds[1], &rounds[0]);
    pthread_mutex_unlock(&right);
  }
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, from_left, 0);
  pthread_create(&second, 0, from_right, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
