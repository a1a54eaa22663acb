// gridlock: mode=static,runtime locks=mutex,std_mutex,rwlock-write
//
// The try-lock is only a fast path; when it fails the code waits with the first lock in hand. In this run
// the try fails once (the other side holds the lock just then), so that the wait is seen.
#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

static TestedLock inbox = LOCK_INIT;
static TestedLock outbox = LOCK_INIT;
static TestedLock other = LOCK_INIT;
static long moved;
static invisible_step step = INVISIBLE_STEP_INIT;

static void *deliver(void *) {
  acquire(inbox);
  acquire(outbox);  // expect: lock-order-cycle
  ++moved;
  release(outbox);
  invisible_step_advance(&step);   // the other may try now
  invisible_step_await(&step, 2);  // and has failed
  release(inbox);
  return nullptr;
}

static void *sendBack(void *) {
  invisible_step_await(&step, 1);
  acquire(outbox);
  bool got = try_acquire(inbox);
  if (!got) {
    invisible_step_advance(&step);
    acquire(inbox);  // expect: lock-order-cycle
  }
  --moved;
  release(inbox);
  release(outbox);
  return nullptr;
}

int main() {
  lock_init(inbox);
  lock_init(outbox);
  lock_init(other);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, nullptr, deliver, nullptr);
  pthread_create(&second, nullptr, sendBack, nullptr);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  return 0;
}
