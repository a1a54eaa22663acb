// gridlock: mode=static,runtime locks=mutex,recursive,errorcheck,adaptive,rwlock-write,spin,std_mutex,std_recursive,std_timed,std_recursive_timed,std_shared  expect-none: lock-order-cycle, deadlock
//
// The repair: both directions take the locks in the same order.
#include "support/lock_under_test.h"

struct Account {
  TestedLock lock = LOCK_INIT;
  long balance = 100;
};

static Account savings;
static Account checking;

static void *saveUp(void *) {
  for (int i = 0; i < 100; ++i) {
    acquire(checking.lock);
    acquire(savings.lock);
    checking.balance -= 10;
    savings.balance += 10;
    release(savings.lock);
    release(checking.lock);
  }
  return nullptr;
}

static void *payOut(void *) {
  for (int i = 0; i < 100; ++i) {
    acquire(checking.lock);
    acquire(savings.lock);
    savings.balance -= 5;
    checking.balance += 5;
    release(checking.lock);
    release(savings.lock);
  }
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
