// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// Home-made reader-writer locks, read in both orders, and taken by try with a way back: nobody can be stuck.
#include <gridlock/annotate.h>
#include <pthread.h>

#include "support/invisible_barrier.h"

typedef struct Lock {
  int readers;  // -1: a writer
} Lock;

static Lock users;
static Lock groups;
static invisible_step step = INVISIBLE_STEP_INIT;

static void read_lock(Lock* l) {
  GRIDLOCK_ACQUIRING(l, GRIDLOCK_SHARED);
  for (;;) {
    int now = __atomic_load_n(&l->readers, __ATOMIC_RELAXED);
    if (now >= 0 &&
        __atomic_compare_exchange_n(&l->readers, &now, now + 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      break;
    invisible_yield();
  }
  GRIDLOCK_ACQUIRED(l, GRIDLOCK_SHARED);
}

static void read_unlock(Lock* l) {
  GRIDLOCK_RELEASED(l);
  __atomic_fetch_sub(&l->readers, 1, __ATOMIC_RELEASE);
}

static int try_write_lock(Lock* l) {
  int free_now = 0;
  GRIDLOCK_ACQUIRING(l, GRIDLOCK_TRY);
  if (!__atomic_compare_exchange_n(&l->readers, &free_now, -1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    GRIDLOCK_NOT_ACQUIRED(l);
    return 0;
  }
  GRIDLOCK_ACQUIRED(l, GRIDLOCK_TRY);
  return 1;
}

static void write_unlock(Lock* l) {
  GRIDLOCK_RELEASED(l);
  __atomic_store_n(&l->readers, 0, __ATOMIC_RELEASE);
}

static void* list(void* argument) {
  read_lock(&users);
  read_lock(&groups);
  read_unlock(&groups);
  read_unlock(&users);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* check(void* argument) {
  invisible_step_await(&step, 1);
  read_lock(&groups);
  read_lock(&users);
  read_unlock(&users);
  if (try_write_lock(&users)) write_unlock(&users);
  read_unlock(&groups);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, list, 0);
  pthread_create(&second, 0, check, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
