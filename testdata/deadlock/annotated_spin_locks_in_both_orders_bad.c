// gridlock: mode=runtime validate=none
//
// A lock of one's own, from an atomic, that says what it does: the two orders meet one after the other here,
// and could meet at once.
#include <gridlock/annotate.h>
#include <pthread.h>

#include "support/invisible_barrier.h"

typedef struct Lock {
  int taken;
} Lock;

static Lock index_lock;
static Lock journal_lock;
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

static void* insert(void* argument) {
  lock(&index_lock);    // expect: lock-order-cycle
  lock(&journal_lock);  // expect: lock-order-cycle
  unlock(&journal_lock);
  unlock(&index_lock);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* replay(void* argument) {
  invisible_step_await(&step, 1);
  lock(&journal_lock);  // expect: lock-order-cycle
  lock(&index_lock);    // expect: lock-order-cycle
  unlock(&index_lock);
  unlock(&journal_lock);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, insert, 0);
  pthread_create(&second, 0, replay, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
