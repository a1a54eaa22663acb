// gridlock: mode=static  expect-none: data-race
//
// Two unique_locks are swapped; the unlock after it lets go of the lock that is not needed any more.
#include <mutex>
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"

static invisible_step moved = INVISIBLE_STEP_INIT;

class Shelves {
 public:
  void move(int item) {
    std::unique_lock<std::mutex> front(frontMutex_);
    std::unique_lock<std::mutex> back(backMutex_);
    if (!front_.empty()) front_.pop_back();
    front.swap(back);
    back.unlock();
    back_.push_back(item);
  }
  void fill(int item) {
    std::lock_guard guard(frontMutex_);
    front_.push_back(item);
  }
  std::size_t stored() {
    std::lock_guard guard(backMutex_);
    return back_.size();
  }

 private:
  std::mutex frontMutex_, backMutex_;
  std::vector<int> front_, back_;
};

int main() {
  Shelves shelves;
  std::thread mover([&shelves] {
    for (int i = 0; i < 300; ++i) {
      shelves.fill(i);
      shelves.move(i);
    }
    invisible_step_advance(&moved);
  });
  invisible_step_await(&moved, 1);
  shelves.stored();
  mover.join();
}
