// gridlock: mode=runtime  expect-none: lock-not-released, deadlock, unlock-not-held
//
// A thread is cancelled inside a call under the lock; its clean-up handler gives the lock back.
#include <pthread.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;
static int lines;

static void give_back(void* argument) { pthread_mutex_unlock(argument); }

static void* logs(void* argument) {
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(give_back, &mutex);
  invisible_step_advance(&step);
  for (;;) pause();
  pthread_cleanup_pop(1);
  return argument;
}

int main(void) {
  pthread_t logger;
  pthread_create(&logger, 0, logs, 0);
  invisible_step_await(&step, 1);
  pthread_cancel(logger);
  pthread_join(logger, 0);
  pthread_mutex_lock(&mutex);
  ++lines;
  pthread_mutex_unlock(&mutex);
  return lines - 1;
}
