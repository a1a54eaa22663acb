// gridlock: mode=runtime
// expect-none: lost-wakeup, deadlock
//
// Notifications come while the workers are busy, and nobody waits; they find their jobs all the same. At the
// end the workers are idle and nobody tells them: they were never to end.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "support/asleep.h"

namespace {

// Never destroyed: the workers outlive main.
std::mutex& mutex = *new std::mutex;
std::condition_variable& filled = *new std::condition_variable;
int jobs = 0;
int worker_number = 0;

void work() {
  asleep_here(&worker_number);
  for (;;) {
    std::unique_lock lock(mutex);
    filled.wait(lock, [] { return jobs > 0; });
    --jobs;
  }
}

}  // namespace

int main() {
  for (int i = 0; i < 50; ++i) {
    const std::lock_guard lock(mutex);
    ++jobs;
    filled.notify_one();
  }
  std::thread(work).detach();
  asleep_await(&worker_number);
  return 0;
}
