// gridlock: mode=runtime validate=none  also: contention
//
// Two readers that always overlap, on a lock that prefers readers: the writer asks in vain for as long as
// they go on.
#include <pthread.h>
#include <time.h>

#include "support/invisible_barrier.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static int rounds[2];
static int over;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void until(const int* other, int round) {
  while (__atomic_load_n(other, __ATOMIC_RELAXED) < round && !__atomic_load_n(&over, __ATOMIC_RELAXED))
    invisible_yield();
}

static void* first_reader(void* argument) {
  for (int round = 1; !__atomic_load_n(&over, __ATOMIC_RELAXED); ++round) {
    pthread_rwlock_rdlock(&table);
    __atomic_store_n(&rounds[0], round, __ATOMIC_RELAXED);
    until(&rounds[1], round);
    pthread_rwlock_unlock(&table);
  }
  return argument;
}

static void* second_reader(void* argument) {
  const long long end = now() + 1000000000LL;
  for (int round = 1; now() < end; ++round) {
    pthread_rwlock_rdlock(&table);
    __atomic_store_n(&rounds[1], round, __ATOMIC_RELAXED);
    until(&rounds[0], round + 1);
    pthread_rwlock_unlock(&table);
  }
  __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, first_reader, 0);
  pthread_create(&second, 0, second_reader, 0);
  until(&rounds[1], 100);
  pthread_rwlock_wrlock(&table);  // expect: starvation
  pthread_rwlock_unlock(&table);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
