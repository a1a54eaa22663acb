// gridlock: mode=static,runtime flags="-O2 -fomit-frame-pointer"
//
// All locks are taken through the same two wrappers, at one depth of the stack: who asked is told by where they
// return to.
#include <pthread.h>
#include <stdlib.h>

#include "support/invisible_barrier.h"

#define KEPT __attribute__((noinline, noclone))

struct pool {
  pthread_mutex_t queue, workers;
};

static struct pool pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static invisible_step turn = INVISIBLE_STEP_INIT;

KEPT static void os_lock(pthread_mutex_t *lock) {
  if (pthread_mutex_lock(lock) != 0) abort();
}
KEPT static void os_unlock(pthread_mutex_t *lock) {
  if (pthread_mutex_unlock(lock) != 0) abort();
}
KEPT static void pool_lock(pthread_mutex_t *lock) {
  os_lock(lock);
  __asm__ volatile("" ::: "memory");
}
KEPT static void pool_unlock(pthread_mutex_t *lock) {
  os_unlock(lock);
  __asm__ volatile("" ::: "memory");
}

KEPT static void add_work(struct pool *p) {
  pool_lock(&p->queue);
  pool_lock(&p->workers);  // expect: lock-order-cycle
  pool_unlock(&p->workers);
  pool_unlock(&p->queue);
}
KEPT static void retire(struct pool *p) {
  pool_lock(&p->workers);
  pool_lock(&p->queue);  // expect: lock-order-cycle
  pool_unlock(&p->queue);
  pool_unlock(&p->workers);
}

static void *client(void *argument) {
  add_work(argument);
  invisible_step_advance(&turn);
  return 0;
}
static void *manager(void *argument) {
  invisible_step_await(&turn, 1);
  retire(argument);
  return 0;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, client, &pool);
  pthread_create(&second, 0, manager, &pool);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
