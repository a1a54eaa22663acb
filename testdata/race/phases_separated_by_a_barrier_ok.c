// gridlock: mode=static,runtime  expect-none: data-race
//
// Before the barrier each worker writes its own cell; after it everybody reads all cells.
#include <pthread.h>

#define WORKERS 3

static pthread_barrier_t phase;
static int cells[WORKERS];
static long sums[WORKERS];

static void *work(void *argument) {
  long id = (long)argument;
  cells[id] = (int)id + 1;
  pthread_barrier_wait(&phase);
  for (int i = 0; i < WORKERS; ++i) sums[id] += cells[i];
  return 0;
}

int main(void) {
  pthread_barrier_init(&phase, 0, WORKERS);
  pthread_t threads[WORKERS];
  for (long i = 0; i < WORKERS; ++i) pthread_create(&threads[i], 0, work, (void *)i);
  for (int i = 0; i < WORKERS; ++i) pthread_join(threads[i], 0);
  pthread_barrier_destroy(&phase);
  return sums[0] == 6 ? 0 : 1;
}
