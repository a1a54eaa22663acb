// gridlock: mode=static,runtime  expect-none: data-race
//
// Ownership moves with the item: the producer does not touch it after the push, the consumer only after
// the pop. The item itself needs no lock.
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

struct Job {
  std::string name;
  int cost = 0;
};

class JobQueue {
 public:
  void push(std::unique_ptr<Job> job) {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      jobs_.push_back(std::move(job));
    }
    filled_.notify_one();
  }
  std::unique_ptr<Job> pop() {
    std::unique_lock<std::mutex> lock(mutex_);
    filled_.wait(lock, [this] { return !jobs_.empty(); });
    std::unique_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::unique_ptr<Job>> jobs_;
};

int main() {
  JobQueue queue;
  long paid = 0;
  std::thread consumer([&] {
    for (int i = 0; i < 100; ++i) {
      std::unique_ptr<Job> job = queue.pop();
      job->cost *= 2;
      paid += job->cost;
    }
  });
  for (int i = 0; i < 100; ++i) {
    auto job = std::make_unique<Job>();
    job->name = "job";
    job->cost = i;
    queue.push(std::move(job));
  }
  consumer.join();
  return paid == 9900 ? 0 : 1;
}
