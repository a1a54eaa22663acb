// gridlock: mode=static,runtime locks=mutex,recursive,errorcheck,adaptive,rwlock-write,spin,std_mutex,std_recursive,std_timed,std_recursive_timed,std_shared  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// Nobody else ever takes these locks: one thread alone cannot wait for itself this way. A note at most.
#include "support/lock_under_test.h"

static TestedLock front = LOCK_INIT;
static TestedLock back = LOCK_INIT;
static long shown;

static void *render(void *) {
  acquire(front);
  acquire(back);
  ++shown;
  release(back);
  release(front);
  acquire(back);
  acquire(front);
  ++shown;
  release(front);
  release(back);
  return nullptr;
}

int main() {
  lock_init(front);
  lock_init(back);
  pthread_t renderer;
  pthread_create(&renderer, nullptr, render, nullptr);
  pthread_join(renderer, nullptr);
  return 0;
}
