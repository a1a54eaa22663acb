// gridlock: mode=static,runtime locks=mutex,std_mutex,spin
//
// Each philosopher takes the left fork, then the right one; the last pair closes the ring. They dine one
// after the other here, so that the run ends; all five could sit down at once.
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

static constexpr int kSeats = 5;
static TestedLock forks[kSeats] = {LOCK_INIT, LOCK_INIT, LOCK_INIT, LOCK_INIT, LOCK_INIT};
static int meals[kSeats];
static invisible_step turn = INVISIBLE_STEP_INIT;

static void dine(int seat) {
  invisible_step_await(&turn, seat);
  acquire(forks[seat]);
  acquire(forks[(seat + 1) % kSeats]);  // expect: lock-order-cycle
  ++meals[seat];
  release(forks[(seat + 1) % kSeats]);
  release(forks[seat]);
  invisible_step_advance(&turn);
  invisible_step_await(&turn, kSeats);
}

int main() {
  for (TestedLock &fork : forks) lock_init(fork);
  std::vector<std::thread> philosophers;
  for (int seat = 0; seat < kSeats; ++seat) philosophers.emplace_back(dine, seat);
  for (std::thread &philosopher : philosophers) philosopher.join();
  return 0;
}
