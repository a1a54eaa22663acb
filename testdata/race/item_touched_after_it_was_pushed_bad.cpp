// gridlock: mode=static
//
// The producer keeps a pointer and stamps the job after it has given it away.
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "support/invisible_barrier.h"

struct Job {
  int cost = 0;
  int stamp = 0;
};

static std::mutex mutex;
static std::deque<std::shared_ptr<Job>> jobs;
static long stamps;
static invisible_step pushed = INVISIBLE_STEP_INIT;
static invisible_step taken = INVISIBLE_STEP_INIT;

static std::shared_ptr<Job> pop() {
  std::lock_guard<std::mutex> guard(mutex);
  if (jobs.empty()) return nullptr;
  std::shared_ptr<Job> job = jobs.front();
  jobs.pop_front();
  return job;
}

static void consume() {
  for (int got = 0; got < 20;) {
    invisible_step_await(&pushed, got + 1);
    std::shared_ptr<Job> job = pop();
    if (!job) continue;
    stamps += job->stamp;  // also: data-race
    ++got;
    invisible_step_advance(&taken);
  }
}

int main() {
  std::thread consumer(consume);
  for (int i = 0; i < 20; ++i) {
    auto job = std::make_shared<Job>();
    job->cost = i;
    {
      std::lock_guard<std::mutex> guard(mutex);
      jobs.push_back(job);
    }
    invisible_step_advance(&pushed);
    job->stamp = i;  // expect: data-race
    invisible_step_await(&taken, i + 1);
  }
  consumer.join();
  return 0;
}
