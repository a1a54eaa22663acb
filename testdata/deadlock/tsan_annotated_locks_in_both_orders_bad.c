// gridlock: mode=runtime validate=none
//
// A library's lock that carries annotations for ThreadSanitizer, as weak references: Gridlock reads them too.
#include <pthread.h>

#include "support/invisible_barrier.h"

void __tsan_mutex_create(void*, unsigned) __attribute__((weak));
void __tsan_mutex_pre_lock(void*, unsigned) __attribute__((weak));
void __tsan_mutex_post_lock(void*, unsigned, int) __attribute__((weak));
int __tsan_mutex_pre_unlock(void*, unsigned) __attribute__((weak));
void __tsan_mutex_post_unlock(void*, unsigned) __attribute__((weak));

typedef struct Lock {
  int taken;
} Lock;

static Lock queue;
static Lock timer;
static invisible_step step = INVISIBLE_STEP_INIT;

static void lock(Lock* l) {
  if (__tsan_mutex_pre_lock) __tsan_mutex_pre_lock(l, 0);
  while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE) != 0) invisible_yield();
  if (__tsan_mutex_post_lock) __tsan_mutex_post_lock(l, 0, 0);
}

static void unlock(Lock* l) {
  if (__tsan_mutex_pre_unlock) __tsan_mutex_pre_unlock(l, 0);
  __atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
  if (__tsan_mutex_post_unlock) __tsan_mutex_post_unlock(l, 0);
}

static void* post(void* argument) {
  lock(&queue);  // expect: lock-order-cycle
  lock(&timer);  // expect: lock-order-cycle
  unlock(&timer);
  unlock(&queue);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* expire(void* argument) {
  invisible_step_await(&step, 1);
  lock(&timer);  // expect: lock-order-cycle
  lock(&queue);  // expect: lock-order-cycle
  unlock(&queue);
  unlock(&timer);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  if (__tsan_mutex_create) {
    __tsan_mutex_create(&queue, 0);
    __tsan_mutex_create(&timer, 0);
  }
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, post, 0);
  pthread_create(&second, 0, expire, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
