// gridlock: mode=runtime validate=none
//
// The reset initialises a lock again that is in use, as if that emptied it.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex;
static int uses;
static invisible_step step = INVISIBLE_STEP_INIT;

static void reset(void) {
  uses = 0;
  pthread_mutex_init(&mutex, 0);  // expect: use-of-invalid-lock
}

static void use(void) {
  pthread_mutex_lock(&mutex);
  ++uses;
  pthread_mutex_unlock(&mutex);
}

static void* works(void* argument) {
  use();
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  use();
  return argument;
}

int main(void) {
  pthread_t worker;
  pthread_mutex_init(&mutex, 0);  // also: use-of-invalid-lock
  pthread_create(&worker, 0, works, 0);
  invisible_step_await(&step, 1);
  reset();
  invisible_step_advance(&step);
  pthread_join(worker, 0);
  pthread_mutex_destroy(&mutex);
  return uses - 1;
}
