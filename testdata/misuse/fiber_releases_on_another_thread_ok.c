// gridlock: mode=runtime validate=none  expect-none: deadlock, self-deadlock, unlock-not-held
//
// A task takes a home-made lock on one thread and releases it on another one, as fibers do when their pool
// moves them. In between, the first thread runs other tasks, which ask for the lock and for others.
#include <gridlock/annotate.h>
#include <pthread.h>

#include "support/invisible_barrier.h"

typedef struct Lock {
  int taken;
} Lock;

static Lock session;
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void lock(Lock* l) {
  GRIDLOCK_ACQUIRING(l, 0);
  while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE) != 0) invisible_yield();
  GRIDLOCK_ACQUIRED(l, 0);
}

static void unlock(Lock* l) {
  GRIDLOCK_RELEASED(l);
  __atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
}

static void* first_worker(void* argument) {
  lock(&session);
  invisible_step_advance(&step);  // the task moves to the other worker
  pthread_mutex_lock(&log_mutex);
  pthread_mutex_unlock(&log_mutex);
  lock(&session);  // another task, which waits for the first one
  unlock(&session);
  return argument;
}

static void* second_worker(void* argument) {
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&log_mutex);
  unlock(&session);
  lock(&session);
  unlock(&session);
  pthread_mutex_unlock(&log_mutex);
  return argument;
}

int main(void) {
  GRIDLOCK_CREATED(&session, "session", GRIDLOCK_MAY_MOVE);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, first_worker, 0);
  pthread_create(&second, 0, second_worker, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
