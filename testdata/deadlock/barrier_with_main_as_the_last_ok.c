// gridlock: mode=runtime  expect-none: deadlock
//
// The third party is main itself, which comes late: waiting, not stuck.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_barrier_t phase;
static invisible_step step = INVISIBLE_STEP_INIT;

static void *work(void *argument) {
  invisible_step_advance(&step);
  pthread_barrier_wait(&phase);
  return argument;
}

int main(void) {
  pthread_barrier_init(&phase, 0, 3);
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], 0, work, 0);
  invisible_step_await(&step, 2);
  for (int i = 0; i < 20000; ++i) invisible_yield();
  pthread_barrier_wait(&phase);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], 0);
  pthread_barrier_destroy(&phase);
  return 0;
}
