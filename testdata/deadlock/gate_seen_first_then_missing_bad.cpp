// gridlock: mode=static,runtime locks=mutex,std_mutex
//
// The same inverse order is first taken under the gate, later without it, at the same line. Who keeps one
// witness of an edge only believes the gate and stays silent.
#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

static TestedLock gate = LOCK_INIT;
static TestedLock index_lock = LOCK_INIT;
static TestedLock data_lock = LOCK_INIT;
static long entries;
static invisible_step step = INVISIBLE_STEP_INIT;

static void insert() {
  acquire(index_lock);
  acquire(data_lock);  // expect: lock-order-cycle
  ++entries;
  release(data_lock);
  release(index_lock);
}

static void compact() {
  acquire(data_lock);
  acquire(index_lock);  // expect: lock-order-cycle
  --entries;
  release(index_lock);
  release(data_lock);
}

static void *writer(void *) {
  acquire(gate);
  insert();
  release(gate);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return nullptr;
}

static void *cleaner(void *) {
  invisible_step_await(&step, 1);
  acquire(gate);
  compact();
  release(gate);
  compact();
  invisible_step_advance(&step);
  return nullptr;
}

int main() {
  lock_init(gate);
  lock_init(index_lock);
  lock_init(data_lock);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, nullptr, writer, nullptr);
  pthread_create(&second, nullptr, cleaner, nullptr);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  return 0;
}
