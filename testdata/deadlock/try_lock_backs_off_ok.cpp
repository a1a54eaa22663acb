// gridlock: mode=static,runtime locks=mutex,recursive,errorcheck,rwlock-write,spin,std_mutex,std_timed  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// The reverse side only tries the second lock, gives back the first when it fails, and starts again: it
// never waits while it holds.
#include "support/lock_under_test.h"

static TestedLock inbox = LOCK_INIT;
static TestedLock outbox = LOCK_INIT;
static long moved;

static void *deliver(void *) {
  for (int i = 0; i < 100; ++i) {
    acquire(inbox);
    acquire(outbox);
    ++moved;
    release(outbox);
    release(inbox);
  }
  return nullptr;
}

static void *sendBack(void *) {
  for (int done = 0; done < 100;) {
    acquire(outbox);
    if (try_acquire(inbox)) {
      --moved;
      ++done;
      release(inbox);
    }
    release(outbox);
  }
  return nullptr;
}

int main() {
  lock_init(inbox);
  lock_init(outbox);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, nullptr, deliver, nullptr);
  pthread_create(&second, nullptr, sendBack, nullptr);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  return 0;
}
