// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// Three orders in a ring. No gate is common to all three, but any two of them that could meet share one: a
// thread in one order keeps the second out by the north gate, the third by the south gate.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t green = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t blue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t north_gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t south_gate = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void both(pthread_mutex_t* outer, pthread_mutex_t* inner) {
  pthread_mutex_lock(outer);
  pthread_mutex_lock(inner);
  pthread_mutex_unlock(inner);
  pthread_mutex_unlock(outer);
}

static void* first(void* argument) {
  pthread_mutex_lock(&north_gate);
  pthread_mutex_lock(&south_gate);
  both(&red, &green);
  pthread_mutex_unlock(&south_gate);
  pthread_mutex_unlock(&north_gate);
  invisible_step_advance(&step);
  invisible_step_await(&step, 3);
  return argument;
}

static void* second(void* argument) {
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&north_gate);
  both(&green, &blue);
  pthread_mutex_unlock(&north_gate);
  invisible_step_advance(&step);
  invisible_step_await(&step, 3);
  return argument;
}

static void* third(void* argument) {
  invisible_step_await(&step, 2);
  pthread_mutex_lock(&south_gate);
  both(&blue, &red);
  pthread_mutex_unlock(&south_gate);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  pthread_t threads[3];
  pthread_create(&threads[0], 0, first, 0);
  pthread_create(&threads[1], 0, second, 0);
  pthread_create(&threads[2], 0, third, 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  return 0;
}
