// gridlock: mode=static,runtime flags=-D_GNU_SOURCE locks=errorcheck,mutex,recursive
//
// The error branch unlocks and then falls into the common unlock.
#include "support/lock_under_test.h"

static TestedLock lock;
static int jobs;

static int start(int limit) {
  int result = 0;
  acquire(lock);
  if (jobs >= limit) {
    release(lock);
    result = -1;
  } else {
    ++jobs;
  }
  release(lock);  // expect: unlock-not-held
  return result;
}

int main(void) {
  lock_init(lock);
  start(1);
  start(1);
  return 0;
}
