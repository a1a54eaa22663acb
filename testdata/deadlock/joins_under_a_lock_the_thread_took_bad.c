// gridlock: mode=runtime validate=none  also: blocking-while-locked
//
// The worker was quick this time: it had the lock and let it go before main took it and joined. When it is
// slow, it waits for the lock, and main for its end.
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

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, worker, 0);
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&table);  // expect: lock-order-cycle
  pthread_join(thread, 0);     // expect: lock-order-cycle
  pthread_mutex_unlock(&table);
  return 0;
}
