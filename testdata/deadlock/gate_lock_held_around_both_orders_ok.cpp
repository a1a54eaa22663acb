// gridlock: mode=static,runtime locks=mutex,recursive,errorcheck,adaptive,rwlock-write,spin,std_mutex,std_recursive,std_timed,std_recursive_timed,std_shared  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// The two orders differ, but both are taken under the ledger's lock, so they never overlap. The
// cycle may be listed as a note with that reason.
#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

static TestedLock ledger = LOCK_INIT;
static TestedLock debit = LOCK_INIT;
static TestedLock credit = LOCK_INIT;
static long debits;
static long credits;
static invisible_step step = INVISIBLE_STEP_INIT;

static void *book(void *) {
  acquire(ledger);
  acquire(debit);
  acquire(credit);
  ++debits;
  --credits;
  release(credit);
  release(debit);
  release(ledger);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return nullptr;
}

static void *cancel(void *) {
  invisible_step_await(&step, 1);
  acquire(ledger);
  acquire(credit);
  acquire(debit);
  ++credits;
  --debits;
  release(debit);
  release(credit);
  release(ledger);
  invisible_step_advance(&step);
  return nullptr;
}

int main() {
  lock_init(ledger);
  lock_init(debit);
  lock_init(credit);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, nullptr, book, nullptr);
  pthread_create(&second, nullptr, cancel, nullptr);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  return 0;
}
