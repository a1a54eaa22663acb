// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// The logger gets finished text, so it calls nobody under its lock.
#include <mutex>
#include <string>
#include <thread>
#include <vector>

class Describable {
 public:
  virtual ~Describable() = default;
  virtual std::string describe() const = 0;
};

class Logger {
 public:
  static Logger &instance() {
    static Logger logger;
    return logger;
  }
  void log(std::string text) {
    std::lock_guard guard(mutex_);
    lines_.push_back(std::move(text));
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class Job : public Describable {
 public:
  std::string describe() const override {
    std::lock_guard guard(mutex_);
    return "job at " + std::to_string(progress_);
  }
  void advance() {
    std::lock_guard guard(mutex_);
    ++progress_;
    Logger::instance().log("advanced");
  }

 private:
  mutable std::mutex mutex_;
  int progress_ = 0;
};

int main() {
  Job job;
  std::thread worker([&job] {
    for (int i = 0; i < 10; ++i) job.advance();
  });
  Logger::instance().log(job.describe());
  worker.join();
}
