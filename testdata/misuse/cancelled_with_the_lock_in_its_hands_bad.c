// gridlock: mode=runtime validate=none run-args=--timeout=8
//
// A thread is cancelled inside a call under the lock, and nothing gives the lock back for it.
#include <pthread.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;
static int lines;

static void* logs(void* argument) {
  pthread_mutex_lock(&mutex);  // expect: lock-not-released  also: deadlock, blocking-while-locked
  invisible_step_advance(&step);
  for (;;) pause();  // also: blocking-while-locked
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(void) {
  pthread_t logger;
  pthread_create(&logger, 0, logs, 0);
  invisible_step_await(&step, 1);
  pthread_cancel(logger);
  pthread_join(logger, 0);
  pthread_mutex_lock(&mutex);  // expect: deadlock
  ++lines;
  pthread_mutex_unlock(&mutex);
  return 0;
}
