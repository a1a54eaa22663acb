// gridlock: mode=static,runtime locks=mutex,std_mutex,spin  expect-none: lock-order-cycle, deadlock
//
// The classic repair: the fork with the lower number comes first, so the ring cannot close.
#include <algorithm>
#include <thread>
#include <vector>

#include "support/lock_under_test.h"

static constexpr int kSeats = 5;
static TestedLock forks[kSeats] = {LOCK_INIT, LOCK_INIT, LOCK_INIT, LOCK_INIT, LOCK_INIT};
static int meals[kSeats];

static void dine(int seat) {
  int left = seat;
  int right = (seat + 1) % kSeats;
  int low = std::min(left, right);
  int high = std::max(left, right);
  for (int round = 0; round < 20; ++round) {
    acquire(forks[low]);
    acquire(forks[high]);
    ++meals[seat];
    release(forks[high]);
    release(forks[low]);
  }
}

int main() {
  for (TestedLock &fork : forks) lock_init(fork);
  std::vector<std::thread> philosophers;
  for (int seat = 0; seat < kSeats; ++seat) philosophers.emplace_back(dine, seat);
  for (std::thread &philosopher : philosophers) philosopher.join();
  return 0;
}
