// gridlock: mode=static,runtime locks=mutex,recursive,errorcheck,adaptive,rwlock-write,spin,std_mutex,std_recursive,std_timed,std_recursive_timed,std_shared
//
// Two clerks move money in opposite directions; each takes the giver's lock, then the taker's. This
// run ends well, because the second clerk starts when the first is done; nothing else orders them.
#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

struct Account {
  TestedLock lock = LOCK_INIT;
  long balance = 100;
};

static Account savings;
static Account checking;
static invisible_step step = INVISIBLE_STEP_INIT;

static void *saveUp(void *) {
  acquire(checking.lock);
  acquire(savings.lock);  // expect: lock-order-cycle
  checking.balance -= 10;
  savings.balance += 10;
  release(savings.lock);
  release(checking.lock);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return nullptr;
}

static void *payOut(void *) {
  invisible_step_await(&step, 1);
  acquire(savings.lock);
  acquire(checking.lock);  // expect: lock-order-cycle
  savings.balance -= 5;
  checking.balance += 5;
  release(checking.lock);
  release(savings.lock);
  invisible_step_advance(&step);
  return nullptr;
}

int main() {
  lock_init(savings.lock);
  lock_init(checking.lock);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, nullptr, saveUp, nullptr);
  pthread_create(&second, nullptr, payOut, nullptr);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  lock_destroy(savings.lock);
  lock_destroy(checking.lock);
  return 0;
}
