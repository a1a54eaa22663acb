// gridlock: mode=static  expect-none: data-race
//
// The state belongs to one worker, which runs tasks in turn; main asks by a task and a future.
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

static invisible_step added = INVISIBLE_STEP_INIT;

class Strand {
 public:
  Strand() : thread_([this] { run(); }) {}
  ~Strand() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> task) {
    {
      std::lock_guard guard(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      if (!task) return;
      task();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::thread thread_;
};

int main() {
  long balance = 0;
  Strand strand;
  for (int i = 0; i < 100; ++i) {
    strand.post([&balance, i] {
      balance += i;
      invisible_step_advance(&added);
    });
  }
  invisible_step_await(&added, 100);
  std::promise<long> answer;
  auto result = answer.get_future();
  strand.post([&] { answer.set_value(balance); });
  return result.get() < 0;
}
