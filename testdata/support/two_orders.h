/* Two locks taken in both orders, for programs that tests build from a few lines: once without ever
   meeting, once so that both threads hang. Threads are ordered by steps that the shim cannot see. */
#ifndef GRIDLOCK_TESTDATA_TWO_ORDERS_H
#define GRIDLOCK_TESTDATA_TWO_ORDERS_H

#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER, blue = PTHREAD_MUTEX_INITIALIZER;

static void run_both(void* (*first)(void*), void* (*second)(void*)) {
  pthread_t a, b;
  pthread_create(&a, 0, first, 0);
  pthread_create(&b, 0, second, 0);
  pthread_join(a, 0);
  pthread_join(b, 0);
}

#ifdef HANG_IN_BOTH_ORDERS
static invisible_barrier both_hold_one = INVISIBLE_BARRIER_INIT(2);

static void* hold_red(void* p) {
  pthread_mutex_lock(&red);
  invisible_barrier_wait(&both_hold_one);
  pthread_mutex_lock(&blue);
  return p;
}
static void* hold_blue(void* p) {
  pthread_mutex_lock(&blue);
  invisible_barrier_wait(&both_hold_one);
  pthread_mutex_lock(&red);
  return p;
}
static void hang_in_both_orders(void) { run_both(hold_red, hold_blue); }

#else
static invisible_step step = INVISIBLE_STEP_INIT;

static void* red_then_blue(void* p) {
  pthread_mutex_lock(&red);
  pthread_mutex_lock(&blue);
  pthread_mutex_unlock(&blue);
  pthread_mutex_unlock(&red);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return p;
}
static void* blue_then_red(void* p) {
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&blue);
  pthread_mutex_lock(&red);
  pthread_mutex_unlock(&red);
  pthread_mutex_unlock(&blue);
  invisible_step_advance(&step);
  return p;
}
static void take_both_orders(void) { run_both(red_then_blue, blue_then_red); }
#endif

#endif
