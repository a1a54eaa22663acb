// gridlock: mode=runtime  expect-none: wrong-mutex
//
// All who waited with the first mutex have been notified; one of them still waits to get it again. The
// condition may be used with the second mutex now.
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;
static int ready;

static void* waits(void* argument) {
  pthread_mutex_lock(&first);
  invisible_step_advance(&step);
  while (!ready) pthread_cond_wait(&changed, &first);
  pthread_mutex_unlock(&first);
  return argument;
}

int main(void) {
  struct timespec soon;
  pthread_t waiter;
  pthread_create(&waiter, 0, waits, 0);
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&first);
  ready = 1;
  pthread_cond_broadcast(&changed);
  usleep(50000);  // it wakes up, and finds the mutex taken
  pthread_mutex_lock(&second);
  clock_gettime(CLOCK_REALTIME, &soon);
  pthread_cond_timedwait(&changed, &second, &soon);
  pthread_mutex_unlock(&second);
  pthread_mutex_unlock(&first);
  pthread_join(waiter, 0);
  return 0;
}
