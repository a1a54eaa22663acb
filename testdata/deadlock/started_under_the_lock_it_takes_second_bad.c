// gridlock: mode=runtime validate=none
//
// The pool starts its worker with the pool's lock in its hands, and takes the control lock under it. The
// worker takes the control lock first: the start may still be going on.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t pool = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;
static int workers;

static void* work(void* argument) {
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&control);  // expect: lock-order-cycle
  pthread_mutex_lock(&pool);     // expect: lock-order-cycle
  --workers;
  pthread_mutex_unlock(&pool);
  pthread_mutex_unlock(&control);
  return argument;
}

int main(void) {
  pthread_t worker;
  pthread_mutex_lock(&pool);  // also: lock-order-cycle
  ++workers;
  pthread_create(&worker, 0, work, 0);
  pthread_mutex_lock(&control);  // expect: lock-order-cycle
  pthread_mutex_unlock(&control);
  pthread_mutex_unlock(&pool);
  invisible_step_advance(&step);
  pthread_join(worker, 0);
  return workers;
}
