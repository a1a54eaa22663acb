// gridlock: mode=runtime validate=none
//
// Jobs of a pool, handed over hundreds of times by a condition. That each job comes behind the one who put it
// there orders no two of them: two workers can run both kinds at once.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

namespace {

std::mutex index_lock;
std::mutex cache_lock;
std::mutex mutex;
std::condition_variable filled;
std::deque<std::function<void()>> jobs;
bool stopped = false;
invisible_step done = INVISIBLE_STEP_INIT;

void work() {
  for (;;) {
    std::unique_lock lock(mutex);
    filled.wait(lock, [] { return stopped || !jobs.empty(); });
    if (jobs.empty()) return;
    const std::function<void()> job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    job();
  }
}

void put(std::function<void()> job) {
  const std::lock_guard lock(mutex);
  jobs.push_back(std::move(job));
  filled.notify_one();
}

void indexes() {
  const std::lock_guard index(index_lock);  // also: lock-order-cycle
  const std::lock_guard cache(cache_lock);  // expect: lock-order-cycle
  invisible_step_advance(&done);
}

void cleans() {
  const std::lock_guard cache(cache_lock);  // also: lock-order-cycle
  const std::lock_guard index(index_lock);  // expect: lock-order-cycle
}

// Keeps the other worker where it is, so that the jobs do not meet, and each worker has one kind.
void waits_for_all() { invisible_step_await(&done, 300); }

}  // namespace

int main() {
  std::thread first(work);
  std::thread second(work);
  put(waits_for_all);
  for (int i = 0; i < 300; ++i) put(indexes);
  invisible_step_await(&done, 300);
  put(cleans);
  {
    const std::lock_guard lock(mutex);
    stopped = true;
  }
  filled.notify_all();
  first.join();
  second.join();
  return 0;
}
