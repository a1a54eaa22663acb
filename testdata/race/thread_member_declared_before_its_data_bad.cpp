// gridlock: mode=static
//
// The jthread is the first member, so the samples are destroyed before it is joined.
#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

class Sampler {
 public:
  Sampler() { thread_ = std::jthread([this](std::stop_token stop) { run(stop); }); }  // also: data-race
  std::size_t count() {
    std::lock_guard guard(mutex_);
    return samples_.size();
  }

 private:
  void run(std::stop_token stop) {
    do {
      std::lock_guard guard(mutex_);
      samples_.push_back(static_cast<int>(samples_.size()));  // expect-miss: data-race
    } while (!stop.stop_requested());
  }
  std::jthread thread_;
  std::mutex mutex_;
  std::vector<int> samples_;
};

int main() {
  Sampler sampler;
  while (sampler.count() < 10) std::this_thread::yield();
}
