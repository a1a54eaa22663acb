// gridlock: mode=static,runtime locks=mutex,std_mutex,rwlock-write validate=none
//
// All five hold the left fork before anyone reaches for the right one.
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

static constexpr int kSeats = 5;
static TestedLock forks[kSeats] = {LOCK_INIT, LOCK_INIT, LOCK_INIT, LOCK_INIT, LOCK_INIT};
static int meals[kSeats];
static invisible_barrier seated = INVISIBLE_BARRIER_INIT(kSeats);

static void dine(int seat) {
  acquire(forks[seat]);  // also: deadlock, lock-order-cycle
  invisible_barrier_wait(&seated);
  // expect@+1: deadlock via=runtime  expect@+1: lock-order-cycle via=static  also@+1: lock-order-cycle
  acquire(forks[(seat + 1) % kSeats]);
  ++meals[seat];
  release(forks[(seat + 1) % kSeats]);
  release(forks[seat]);
}

int main() {
  for (TestedLock &fork : forks) lock_init(fork);
  std::vector<std::thread> philosophers;
  for (int seat = 0; seat < kSeats; ++seat) philosophers.emplace_back(dine, seat);
  for (std::thread &philosopher : philosophers) philosopher.join();
  return 0;
}
