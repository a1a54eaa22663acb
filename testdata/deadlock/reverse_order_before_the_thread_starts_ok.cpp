// gridlock: mode=static,runtime locks=mutex,std_mutex,rwlock-write,spin  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// main takes the reverse order while it is alone, before it starts the worker, and again after the join.
#include "support/lock_under_test.h"

static TestedLock config = LOCK_INIT;
static TestedLock cache = LOCK_INIT;
static long loaded;

static void warmUp() {
  acquire(cache);
  acquire(config);
  ++loaded;
  release(config);
  release(cache);
}

static void *reload(void *) {
  acquire(config);
  acquire(cache);
  ++loaded;
  release(cache);
  release(config);
  return nullptr;
}

int main() {
  lock_init(config);
  lock_init(cache);
  warmUp();
  pthread_t worker;
  pthread_create(&worker, nullptr, reload, nullptr);
  pthread_join(worker, nullptr);
  warmUp();
  return 0;
}
