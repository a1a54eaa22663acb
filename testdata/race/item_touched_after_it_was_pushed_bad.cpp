// gridlock: mode=static
//
// The producer keeps a pointer and stamps the job after it has given it away.
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

struct Job {
  int cost = 0;
  int stamp = 0;
};

static std::mutex mutex;
static std::deque<std::shared_ptr<Job>> jobs;
static long stamps;

static std::shared_ptr<Job> pop() {
  std::lock_guard<std::mutex> guard(mutex);
  if (jobs.empty()) return nullptr;
  std::shared_ptr<Job> job = jobs.front();
  jobs.pop_front();
  return job;
}

static void consume() {
  for (int got = 0; got < 200;) {
    std::shared_ptr<Job> job = pop();
    if (!job) continue;
    stamps += job->stamp;  // also: data-race
    ++got;
  }
}

int main() {
  std::thread consumer(consume);
  for (int i = 0; i < 200; ++i) {
    auto job = std::make_shared<Job>();
    job->cost = i;
    {
      std::lock_guard<std::mutex> guard(mutex);
      jobs.push_back(job);
    }
    job->stamp = i;  // expect: data-race
  }
  consumer.join();
  return 0;
}
