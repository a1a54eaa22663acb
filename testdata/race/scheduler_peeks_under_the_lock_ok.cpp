// gridlock: mode=static  expect-none: data-race
//
// The loop looks at the queue under its lock.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

class Scheduler {
 public:
  struct Task {
    long due;
    std::function<void()> run;
    bool operator<(const Task &other) const { return due > other.due; }
  };
  void at(long due, std::function<void()> run) {
    {
      std::lock_guard guard(mutex_);
      tasks_.push({due, std::move(run)});
    }
    changed_.notify_one();
  }
  void stop() {
    {
      std::lock_guard guard(mutex_);
      stopped_ = true;
    }
    changed_.notify_one();
  }
  int run() {
    int ran = 0;
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
      if (tasks_.empty()) return ran;
      Task task = tasks_.top();
      tasks_.pop();
      lock.unlock();
      task.run();
      ++ran;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Task> tasks_;
  bool stopped_ = false;
  long idle_ = 0;
};

int main() {
  Scheduler scheduler;
  std::thread loop([&] { scheduler.run(); });
  for (int i = 0; i < 500; ++i) scheduler.at(i, [] {});
  scheduler.stop();
  loop.join();
}
