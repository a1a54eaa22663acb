// gridlock: mode=static,runtime
//
// Each side reads one table while it writes the other: a writer waits for the other side's read lock.
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "support/invisible_barrier.h"

static std::shared_mutex users_mutex;
static std::shared_mutex groups_mutex;
static int users = 3;
static int groups = 2;
static invisible_step step = INVISIBLE_STEP_INIT;

static void updateGroups() {
  std::shared_lock<std::shared_mutex> reading(users_mutex);
  std::unique_lock<std::shared_mutex> writing(groups_mutex);  // expect: lock-order-cycle
  groups += users;
}

static void updateUsers() {
  std::shared_lock<std::shared_mutex> reading(groups_mutex);
  std::unique_lock<std::shared_mutex> writing(users_mutex);  // expect: lock-order-cycle
  users += groups;
}

int main() {
  std::thread first([] {
    updateGroups();
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread second([] {
    invisible_step_await(&step, 1);
    updateUsers();
    invisible_step_advance(&step);
  });
  first.join();
  second.join();
  return 0;
}
