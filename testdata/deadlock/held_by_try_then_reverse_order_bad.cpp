// gridlock: mode=static,runtime locks=mutex,std_mutex,recursive
//
// A lock that was taken by try is held like any other: waiting for a second one under it makes an edge out.
#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

static TestedLock table = LOCK_INIT;
static TestedLock journal = LOCK_INIT;
static long rows;
static invisible_step step = INVISIBLE_STEP_INIT;

static void *update(void *) {
  if (try_acquire(table)) {
    acquire(journal);  // expect: lock-order-cycle
    ++rows;
    release(journal);
    release(table);
  }
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return nullptr;
}

static void *replay(void *) {
  invisible_step_await(&step, 1);
  acquire(journal);
  acquire(table);  // expect: lock-order-cycle
  ++rows;
  release(table);
  release(journal);
  invisible_step_advance(&step);
  return nullptr;
}

int main() {
  lock_init(table);
  lock_init(journal);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, nullptr, update, nullptr);
  pthread_create(&second, nullptr, replay, nullptr);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  return 0;
}
