// gridlock: mode=static,runtime locks=mutex,std_mutex
//
// main joins one of two reloaders and then takes the reverse order: the other may still be running.
#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

static TestedLock config = LOCK_INIT;
static TestedLock cache = LOCK_INIT;
static long loaded;
static invisible_step step = INVISIBLE_STEP_INIT;

static void *reload(void *) {
  acquire(config);
  acquire(cache);  // expect: lock-order-cycle
  ++loaded;
  release(cache);
  release(config);
  return nullptr;
}

static void *reloadSlowly(void *argument) {
  reload(argument);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return nullptr;
}

int main() {
  lock_init(config);
  lock_init(cache);
  pthread_t quick;
  pthread_t slow;
  pthread_create(&quick, nullptr, reload, nullptr);
  pthread_create(&slow, nullptr, reloadSlowly, nullptr);
  pthread_join(quick, nullptr);
  invisible_step_await(&step, 1);  // else it may come to the deadlock itself
  acquire(cache);
  acquire(config);  // expect: lock-order-cycle
  ++loaded;
  release(config);
  release(cache);
  invisible_step_advance(&step);
  pthread_join(slow, nullptr);
  return 0;
}
