// gridlock: mode=runtime validate=none
//
// The initialiser takes the mutex; elsewhere the mutex is held when the initialiser is asked for. It was done
// by then. In another schedule that thread waits for the initialiser, and the initialiser for the mutex.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_once_t tables = PTHREAD_ONCE_INIT;
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void fill(void) {
  pthread_mutex_lock(&registry);  // expect: lock-order-cycle
  pthread_mutex_unlock(&registry);
}

static void* reader(void* argument) {
  pthread_once(&tables, fill);  // also: lock-order-cycle
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* writer(void* argument) {
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&registry);  // also: lock-order-cycle
  pthread_once(&tables, fill);    // expect: lock-order-cycle
  pthread_mutex_unlock(&registry);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, reader, 0);
  pthread_create(&second, 0, writer, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
