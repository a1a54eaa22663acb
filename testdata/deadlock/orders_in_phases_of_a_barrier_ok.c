// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// Both orders, but in two phases: no thread is in the second before all have left the first.
#include <pthread.h>

static pthread_mutex_t rows = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t columns = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all;

static void* by_rows(void* argument) {
  pthread_mutex_lock(&rows);
  pthread_mutex_lock(&columns);
  pthread_mutex_unlock(&columns);
  pthread_mutex_unlock(&rows);
  pthread_barrier_wait(&all);
  return argument;
}

static void* by_columns(void* argument) {
  pthread_barrier_wait(&all);
  pthread_mutex_lock(&columns);
  pthread_mutex_lock(&rows);
  pthread_mutex_unlock(&rows);
  pthread_mutex_unlock(&columns);
  return argument;
}

int main(void) {
  pthread_t threads[4];
  pthread_barrier_init(&all, 0, 4);
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], 0, i < 2 ? by_rows : by_columns, 0);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], 0);
  pthread_barrier_destroy(&all);
  return 0;
}
