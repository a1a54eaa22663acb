// gridlock: mode=runtime validate=none run-args=--timeout=3
//
// The flag is set without the mutex, between the waiter's test and its wait: the notification reaches nobody.
// A ticker runs on for ever, so that nobody can prove that it will not notify again.
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static volatile int ready;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* ticker(void* argument) {
  (void)argument;
  for (;;) usleep(10000);
  return NULL;
}

static void* waiter(void* argument) {
  (void)argument;
  pthread_mutex_lock(&mutex);
  while (!ready) {
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
    pthread_cond_wait(&changed, &mutex);  // expect: lost-wakeup
  }
  pthread_mutex_unlock(&mutex);
  return NULL;
}

int main(void) {
  pthread_t tick;
  pthread_t thread;
  pthread_create(&tick, NULL, ticker, NULL);
  pthread_create(&thread, NULL, waiter, NULL);
  invisible_step_await(&step, 1);
  ready = 1;
  pthread_cond_signal(&changed);  // also: lost-wakeup
  invisible_step_advance(&step);
  pthread_join(thread, NULL);
  return 0;
}
