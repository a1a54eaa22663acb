// gridlock: mode=runtime  expect-none: deadlock, lock-not-released, unlock-not-held, wrong-mutex
//
// A thread is cancelled while it waits on a condition; the wait takes the mutex again and the clean-up handler
// gives it back.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ready;
static invisible_step step = INVISIBLE_STEP_INIT;

static void give_back(void *lock) { pthread_mutex_unlock(lock); }

static void *wait_for_it(void *argument) {
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(give_back, &mutex);
  invisible_step_advance(&step);
  while (!ready) pthread_cond_wait(&changed, &mutex);
  pthread_cleanup_pop(1);
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, wait_for_it, 0);
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  pthread_cancel(thread);
  pthread_join(thread, 0);
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  return 0;
}
