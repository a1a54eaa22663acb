// gridlock: mode=static
//
// The address of the loop variable is given to every worker, and the loop goes on changing it.
#include <pthread.h>

#define WORKERS 4

static long sums[WORKERS];

static void *work(void *argument) {
  int id = *(int *)argument;  // expect: data-race
  __atomic_fetch_add(&sums[id % WORKERS], id, __ATOMIC_RELAXED);
  return 0;
}

int main(void) {
  pthread_t threads[WORKERS];
  int id;
  for (id = 0; id < WORKERS; ++id) pthread_create(&threads[id], 0, work, &id);  // also: data-race
  for (int i = 0; i < WORKERS; ++i) pthread_join(threads[i], 0);
  return 0;
}
