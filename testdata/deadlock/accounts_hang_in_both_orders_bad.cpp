// gridlock: mode=static,runtime validate=none locks=mutex,recursive,errorcheck,adaptive,rwlock-write,spin,std_mutex,std_recursive,std_timed,std_recursive_timed,std_shared
//
// As accounts_locked_in_both_orders_bad, and here both clerks hold their first lock before either asks
// for the second: a real deadlock.
#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

struct Account {
  TestedLock lock = LOCK_INIT;
  long balance = 100;
};

static Account savings;
static Account checking;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

static void *saveUp(void *) {
  acquire(checking.lock);  // also: deadlock, lock-order-cycle
  invisible_barrier_wait(&both);
  acquire(savings.lock);  // expect: deadlock via=runtime  expect: lock-order-cycle via=static also: lock-order-cycle
  checking.balance -= 10;
  savings.balance += 10;
  release(savings.lock);
  release(checking.lock);
  return nullptr;
}

static void *payOut(void *) {
  acquire(savings.lock);  // also: deadlock, lock-order-cycle
  invisible_barrier_wait(&both);
  acquire(checking.lock);  // expect: deadlock via=runtime  expect: lock-order-cycle via=static also: lock-order-cycle
  savings.balance -= 5;
  checking.balance += 5;
  release(checking.lock);
  release(savings.lock);
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
  return 0;
}
