// gridlock: mode=runtime locks=mutex,std_mutex,rwlock-write
//
// Twenty-five pipeline stages; each hands its item on while it still holds its own lock, and the last
// hands to the first. A cycle of 25 locks, over 25 threads that are never two at once in this run.
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"
#include "support/lock_under_test.h"

struct Stage {
  TestedLock lock = LOCK_INIT;
  int items = 0;
};

static constexpr int kStages = 25;
static Stage stages[kStages];
static invisible_step turn = INVISIBLE_STEP_INIT;

static void handOn(int index) {
  invisible_step_await(&turn, index);
  Stage &mine = stages[index];
  Stage &next = stages[(index + 1) % kStages];
  acquire(mine.lock);
  acquire(next.lock);  // expect: lock-order-cycle
  ++next.items;
  release(next.lock);
  release(mine.lock);
  invisible_step_advance(&turn);
  invisible_step_await(&turn, kStages);
}

int main() {
  for (Stage &stage : stages) lock_init(stage.lock);
  std::vector<std::thread> workers;
  for (int i = 0; i < kStages; ++i) workers.emplace_back(handOn, i);
  for (std::thread &worker : workers) worker.join();
  return 0;
}
