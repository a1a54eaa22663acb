// gridlock: mode=static  expect-none: data-race
//
// Tasks handed to a pool return their values through futures.
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/invisible_barrier.h"

static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);
static invisible_barrier again = INVISIBLE_BARRIER_INIT(2);

class ThreadPool {
 public:
  explicit ThreadPool(unsigned n) {
    for (unsigned i = 0; i < n; ++i) workers_.emplace_back(&ThreadPool::work, this);
  }
  ~ThreadPool() {
    {
      std::unique_lock lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (auto &worker : workers_) worker.join();
  }
  template <typename F, typename... Args>
  auto enqueue(F &&f, Args &&...args) {
    using Result = std::invoke_result_t<F, Args...>;
    auto task = std::make_shared<std::packaged_task<Result()>>(
        std::bind(std::forward<F>(f), std::forward<Args>(args)...));
    auto result = task->get_future();
    {
      std::unique_lock lock(mutex_);
      tasks_.emplace([task] { (*task)(); });
    }
    wake_.notify_one();
    return result;
  }

 private:
  void work() {
    for (;;) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stop_ || !tasks_.empty(); });
        if (stop_ && tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop();
      }
      task();
    }
  }
  std::vector<std::thread> workers_;
  std::queue<std::function<void()>> tasks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
};

int main() {
  ThreadPool pool(2);
  std::vector<int> results;
  std::vector<std::future<int>> futures;
  for (int i = 0; i < 40; ++i) {
    futures.push_back(pool.enqueue([](int n) { return n * n; }, i));
  }
  for (auto &future : futures) results.push_back(future.get());
  return results.empty();
}
