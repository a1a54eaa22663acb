// gridlock: mode=runtime
//
// Two waiters wait on one condition variable at the same time, each with its own mutex.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int go_left;
static int go_right;
static invisible_step waiting = INVISIBLE_STEP_INIT;

static void *waitLeft(void *argument) {
  (void)argument;
  pthread_mutex_lock(&left);
  invisible_step_advance(&waiting);
  while (!go_left) pthread_cond_wait(&changed, &left);  // also: wrong-mutex
  pthread_mutex_unlock(&left);
  return 0;
}

static void *waitRight(void *argument) {
  (void)argument;
  invisible_step_await(&waiting, 1);
  pthread_mutex_lock(&left);  // when this is granted, the other one waits
  pthread_mutex_unlock(&left);
  pthread_mutex_lock(&right);
  invisible_step_advance(&waiting);
  while (!go_right) pthread_cond_wait(&changed, &right);  // expect: wrong-mutex
  pthread_mutex_unlock(&right);
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, waitLeft, 0);
  pthread_create(&second, 0, waitRight, 0);
  invisible_step_await(&waiting, 2);
  pthread_mutex_lock(&right);
  go_right = 1;
  pthread_mutex_unlock(&right);
  pthread_mutex_lock(&left);
  go_left = 1;
  pthread_mutex_unlock(&left);
  pthread_cond_broadcast(&changed);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
