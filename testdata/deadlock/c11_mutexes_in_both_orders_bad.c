// gridlock: mode=static,runtime
//
// C11 threads and mutexes; they do not pass through the pthread names.
#include <threads.h>

#include "support/invisible_barrier.h"

static mtx_t queue;
static mtx_t pool;
static int jobs;
static invisible_step step = INVISIBLE_STEP_INIT;

static int submit(void *argument) {
  (void)argument;
  mtx_lock(&queue);
  mtx_lock(&pool);  // expect: lock-order-cycle
  ++jobs;
  mtx_unlock(&pool);
  mtx_unlock(&queue);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return 0;
}

static int resize(void *argument) {
  (void)argument;
  invisible_step_await(&step, 1);
  mtx_lock(&pool);
  mtx_lock(&queue);  // expect: lock-order-cycle
  --jobs;
  mtx_unlock(&queue);
  mtx_unlock(&pool);
  invisible_step_advance(&step);
  return 0;
}

int main(void) {
  mtx_init(&queue, mtx_plain);
  mtx_init(&pool, mtx_plain);
  thrd_t first;
  thrd_t second;
  thrd_create(&first, submit, 0);
  thrd_create(&second, resize, 0);
  thrd_join(first, 0);
  thrd_join(second, 0);
  return 0;
}
