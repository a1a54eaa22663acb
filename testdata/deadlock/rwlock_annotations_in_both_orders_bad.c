// gridlock: mode=runtime validate=none
//
// The older annotations, which tell only of what was got: no waiting, but orders.
#include <pthread.h>

#include "support/invisible_barrier.h"

void AnnotateRWLockCreate(const char*, int, const volatile void*) __attribute__((weak));
void AnnotateRWLockAcquired(const char*, int, const volatile void*, long) __attribute__((weak));
void AnnotateRWLockReleased(const char*, int, const volatile void*, long) __attribute__((weak));

typedef struct Lock {
  int taken;
} Lock;

static Lock heap;
static Lock page;
static invisible_step step = INVISIBLE_STEP_INIT;

static void lock(Lock* l) {
  while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE) != 0) invisible_yield();
  if (AnnotateRWLockAcquired) AnnotateRWLockAcquired(__FILE__, __LINE__, l, 1);
}

static void unlock(Lock* l) {
  if (AnnotateRWLockReleased) AnnotateRWLockReleased(__FILE__, __LINE__, l, 1);
  __atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
}

static void* allocate(void* argument) {
  lock(&heap);  // expect: lock-order-cycle
  lock(&page);  // expect: lock-order-cycle
  unlock(&page);
  unlock(&heap);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* reclaim(void* argument) {
  invisible_step_await(&step, 1);
  lock(&page);  // expect: lock-order-cycle
  lock(&heap);  // expect: lock-order-cycle
  unlock(&heap);
  unlock(&page);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  if (AnnotateRWLockCreate) {
    AnnotateRWLockCreate(__FILE__, __LINE__, &heap);
    AnnotateRWLockCreate(__FILE__, __LINE__, &page);
  }
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, allocate, 0);
  pthread_create(&second, 0, reclaim, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
