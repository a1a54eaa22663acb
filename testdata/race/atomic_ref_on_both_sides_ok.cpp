// gridlock: mode=static  expect-none: data-race
//
// Workers add through an atomic_ref, and the progress display reads through one.
#include <atomic>
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"

static invisible_step finished = INVISIBLE_STEP_INIT;

struct Progress {
  alignas(std::atomic_ref<long>::required_alignment) long done = 0;
};

static Progress progress;

int main() {
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([] {
      for (int n = 0; n < 500; ++n) std::atomic_ref<long>(progress.done).fetch_add(1);
      invisible_step_advance(&finished);
    });
  }
  invisible_step_await(&finished, 3);
  long shown = std::atomic_ref<long>(progress.done).load();
  for (auto &worker : workers) worker.join();
  return shown > progress.done;
}
