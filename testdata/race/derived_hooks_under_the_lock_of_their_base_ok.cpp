// gridlock: mode=static  expect-none: data-race
//
// The base locks and calls hooks, which read what the base counts.
#include <mutex>
#include <queue>
#include <thread>
#include <vector>
class Job {
 public:
  virtual ~Job() = default;
  void run() {
    std::lock_guard<std::mutex> g(m_);
    prepare();
    work();
    runs_++;
  }
  int runs() {
    std::lock_guard<std::mutex> g(m_);
    return runs_;
  }

 protected:
  virtual void prepare() {}
  virtual void work() = 0;
  std::mutex m_;
  int runs_ = 0;
};
class Scan : public Job {
 protected:
  void prepare() override { offset_ = runs_ * 10; }
  void work() override {
    for (int i = 0; i < 10; i++) seen_.push_back(offset_ + i);
  }
  std::vector<int> seen_;
  int offset_ = 0;
};
class Sweep : public Job {
 protected:
  void work() override { swept_ += 2; }
  long swept_ = 0;
};
int main() {
  Scan a;
  Sweep b;
  Job* jobs[] = {&a, &b};
  std::vector<std::thread> ts;
  for (int t = 0; t < 3; t++)
    ts.emplace_back([&jobs] {
      for (Job* j : jobs) j->run();
    });
  for (auto& t : ts) t.join();
  return a.runs() + b.runs() == 6 ? 0 : 1;
}
