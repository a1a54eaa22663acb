// gridlock: mode=runtime validate=none
//
// A barrier stands before both orders: it keeps nothing apart.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t rows = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t columns = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* by_rows(void* argument) {
  pthread_barrier_wait(&all);
  pthread_mutex_lock(&rows);     // expect: lock-order-cycle
  pthread_mutex_lock(&columns);  // expect: lock-order-cycle
  pthread_mutex_unlock(&columns);
  pthread_mutex_unlock(&rows);
  invisible_step_advance(&step);
  return argument;
}

static void* by_columns(void* argument) {
  pthread_barrier_wait(&all);
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&columns);  // expect: lock-order-cycle
  pthread_mutex_lock(&rows);     // expect: lock-order-cycle
  pthread_mutex_unlock(&rows);
  pthread_mutex_unlock(&columns);
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_barrier_init(&all, 0, 2);
  pthread_create(&first, 0, by_rows, 0);
  pthread_create(&second, 0, by_columns, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  pthread_barrier_destroy(&all);
  return 0;
}
