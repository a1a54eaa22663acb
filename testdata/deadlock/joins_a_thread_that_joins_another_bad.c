// gridlock: mode=runtime validate=none  also: blocking-while-locked
//
// The same through one more thread: main holds the lock and waits for the manager, which waits for the
// worker, which takes the lock.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* worker(void* argument) {
  pthread_mutex_lock(&table);  // expect: lock-order-cycle
  pthread_mutex_unlock(&table);
  invisible_step_advance(&step);
  return argument;
}

static void* manager(void* argument) {
  pthread_t thread;
  pthread_create(&thread, 0, worker, 0);
  pthread_join(thread, 0);  // also: lock-order-cycle
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, manager, 0);
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&table);
  pthread_join(thread, 0);  // expect: lock-order-cycle
  pthread_mutex_unlock(&table);
  return 0;
}
