// gridlock: mode=runtime validate=none run-args=--timeout=5  also: lock-order-cycle
//
// One thread is inside the initialiser and wants the mutex; the other one has the mutex and asks for the
// initialiser.
#include <threads.h>

#include "support/invisible_barrier.h"

static mtx_t mutex;
static once_flag loaded = ONCE_FLAG_INIT;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);
static int value;

static void load(void) {
  invisible_barrier_wait(&both);
  mtx_lock(&mutex);  // expect: deadlock
  ++value;
  mtx_unlock(&mutex);
}

static int loads(void* argument) {
  (void)argument;
  call_once(&loaded, load);  // also: deadlock
  return 0;
}

static int uses(void* argument) {
  (void)argument;
  mtx_lock(&mutex);  // also: deadlock
  invisible_barrier_wait(&both);
  call_once(&loaded, load);  // expect: deadlock
  mtx_unlock(&mutex);
  return value;
}

int main(void) {
  thrd_t first, second;
  mtx_init(&mutex, mtx_plain);
  thrd_create(&first, loads, 0);
  thrd_create(&second, uses, 0);
  thrd_join(first, 0);   // also: deadlock
  thrd_join(second, 0);  // also: deadlock
  return 0;
}
