// gridlock: mode=static,runtime
//
// The scheduler calls a virtual function under its lock; one of the implementations takes the metrics' lock,
// and the metrics ask the scheduler for its length under theirs.
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"

class Task {
 public:
  virtual ~Task() = default;
  virtual void run() = 0;
};

class Scheduler {
 public:
  void add(std::unique_ptr<Task> task) {
    std::lock_guard<std::mutex> guard(mutex_);
    tasks_.push_back(std::move(task));
  }
  void runAll() {
    std::lock_guard<std::mutex> guard(mutex_);  // also: lock-order-cycle
    for (const std::unique_ptr<Task> &task : tasks_) task->run();  // also: lock-order-cycle
  }
  std::size_t length() {
    std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
    return tasks_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Task>> tasks_;
};

class Metrics {
 public:
  void count() {
    std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
    ++runs_;
  }
  std::size_t snapshot(Scheduler &scheduler) {
    std::lock_guard<std::mutex> guard(mutex_);  // also: lock-order-cycle
    return runs_ + scheduler.length();          // also: lock-order-cycle
  }

 private:
  std::mutex mutex_;
  std::size_t runs_ = 0;
};

class CountedTask : public Task {
 public:
  explicit CountedTask(Metrics &metrics) : metrics_(metrics) {}
  void run() override { metrics_.count(); }  // also: lock-order-cycle

 private:
  Metrics &metrics_;
};

class IdleTask : public Task {
 public:
  void run() override {}
};

int main() {
  Metrics metrics;
  Scheduler scheduler;
  scheduler.add(std::make_unique<CountedTask>(metrics));
  scheduler.add(std::make_unique<IdleTask>());
  invisible_step step = INVISIBLE_STEP_INIT;
  std::thread runner([&] {
    scheduler.runAll();
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread exporter([&] {
    invisible_step_await(&step, 1);
    metrics.snapshot(scheduler);
    invisible_step_advance(&step);
  });
  runner.join();
  exporter.join();
  return 0;
}
