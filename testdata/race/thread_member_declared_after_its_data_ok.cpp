// gridlock: mode=static  expect-none: data-race
//
// The jthread is the last member, so it is joined before the samples are destroyed.
#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

class Sampler {
 public:
  Sampler() : thread_([this](std::stop_token stop) { run(stop); }) {}
  std::size_t count() {
    std::lock_guard guard(mutex_);
    return samples_.size();
  }

 private:
  void run(std::stop_token stop) {
    do {
      std::lock_guard guard(mutex_);
      samples_.push_back(static_cast<int>(samples_.size()));
    } while (!stop.stop_requested());
  }
  std::mutex mutex_;
  std::vector<int> samples_;
  std::jthread thread_;
};

int main() {
  Sampler sampler;
  while (sampler.count() < 10) std::this_thread::yield();
}
