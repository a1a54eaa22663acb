// gridlock: mode=runtime flags=-D_GNU_SOURCE validate=none
//
// Robust mutexes help when an owner dies. Here both live, and wait for each other.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t motor;
static pthread_mutex_t sensor;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

static void init(pthread_mutex_t* mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(mutex, &attributes);
}

static void* drive(void* argument) {
  pthread_mutex_lock(&motor);  // also: deadlock, lock-order-cycle
  invisible_barrier_wait(&both);
  pthread_mutex_lock(&sensor);  // expect: deadlock also: lock-order-cycle
  return argument;
}

static void* measure(void* argument) {
  pthread_mutex_lock(&sensor);  // also: deadlock, lock-order-cycle
  invisible_barrier_wait(&both);
  pthread_mutex_lock(&motor);  // expect: deadlock also: lock-order-cycle
  return argument;
}

int main(void) {
  pthread_t first, second;
  init(&motor);
  init(&sensor);
  pthread_create(&first, 0, drive, 0);
  pthread_create(&second, 0, measure, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
