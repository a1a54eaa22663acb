// gridlock: mode=runtime validate=none run-args=--timeout=5  also: lock-order-cycle
//
// Home-made spin locks in both orders, at the same time: two threads turn for ever.
#include <gridlock/annotate.h>

#include <atomic>
#include <thread>

#include "support/invisible_barrier.h"

class SpinLock {
 public:
  SpinLock() { GRIDLOCK_CREATED(this, nullptr, 0); }
  ~SpinLock() { GRIDLOCK_DESTROYED(this); }
  void lock() {
    GRIDLOCK_ACQUIRING(this, 0);
    while (taken_.exchange(true)) std::this_thread::yield();
    GRIDLOCK_ACQUIRED(this, 0);
  }
  void unlock() {
    GRIDLOCK_RELEASED(this);
    taken_ = false;
  }

 private:
  std::atomic<bool> taken_{false};
};

static SpinLock left;
static SpinLock right;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

int main() {
  std::thread first([] {
    left.lock();  // also: deadlock
    invisible_barrier_wait(&both);
    right.lock();  // expect: deadlock
    right.unlock();
    left.unlock();
  });
  std::thread second([] {
    right.lock();  // also: deadlock
    invisible_barrier_wait(&both);
    left.lock();  // expect: deadlock
    left.unlock();
    right.unlock();
  });
  first.join();
  second.join();
  return 0;
}
