// gridlock: mode=runtime validate=none
//
// Waits for the end of a thread with the lock in its hands that the thread needs.
#include <threads.h>

#include "support/invisible_barrier.h"

static mtx_t mutex;
static int jobs;

static int work(void* argument) {
  (void)argument;
  mtx_lock(&mutex);  // expect: deadlock also: lock-order-cycle
  ++jobs;
  mtx_unlock(&mutex);
  return 0;
}

int main(void) {
  thrd_t worker;
  mtx_init(&mutex, mtx_plain);
  mtx_lock(&mutex);               // also: deadlock, lock-order-cycle
  thrd_create(&worker, work, 0);  // also: lock-order-cycle, deadlock
  thrd_join(worker, 0);           // expect: deadlock also: lock-order-cycle
  mtx_unlock(&mutex);
  return jobs;
}
