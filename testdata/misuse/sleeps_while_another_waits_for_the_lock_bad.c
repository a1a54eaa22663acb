// gridlock: mode=runtime validate=none  also: contention
//
// Sleeps with the lock in its hands, and somebody has to wait for it.
#include <pthread.h>
#include <time.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;
static int tries;

static void* connects(void* argument) {
  const struct timespec pause = {0, 300000000};
  pthread_mutex_lock(&mutex);  // also: blocking-while-locked
  invisible_step_advance(&step);
  ++tries;
  nanosleep(&pause, 0);  // expect: blocking-while-locked severity=warning
  pthread_mutex_unlock(&mutex);
  return argument;
}

static void* counts(void* argument) {
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&mutex);
  ++tries;
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, connects, 0);
  pthread_create(&second, 0, counts, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
