// gridlock: mode=runtime validate=none run-args=--timeout=3
//
// The notification comes before the wait, and no predicate remembers it: the waiter sleeps forever, and
// everyone else waits for the waiter.
#include <pthread.h>
#include <stddef.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void *loader(void *argument) {
  (void)argument;
  pthread_mutex_lock(&mutex);
  pthread_cond_signal(&done);  // also: lost-wakeup
  pthread_mutex_unlock(&mutex);
  invisible_step_advance(&step);
  return NULL;
}

static void *user(void *argument) {
  (void)argument;
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&mutex);
  pthread_cond_wait(&done, &mutex);  // expect: lost-wakeup|deadlock
  pthread_mutex_unlock(&mutex);
  return NULL;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, NULL, loader, NULL);
  pthread_create(&second, NULL, user, NULL);
  pthread_join(first, NULL);
  pthread_join(second, NULL);  // also: deadlock, lost-wakeup
  return 0;
}
