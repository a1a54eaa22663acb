// gridlock: mode=static
//
// The logger's buffer is locked; its level, a plain int, is changed by the console while others test it.
#include <mutex>
#include <string>
#include <thread>
#include <vector>

class Logger {
 public:
  void setLevel(int level) { level_ = level; }  // expect: data-race
  void log(int level, const std::string &text) {
    if (level < level_) return;  // expect: data-race
    std::lock_guard<std::mutex> guard(mutex_);
    lines_.push_back(text);
  }

 private:
  int level_ = 0;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

static Logger logger;

int main() {
  std::thread worker([] {
    for (int i = 0; i < 300; ++i) logger.log(i % 3, "tick");
  });
  for (int i = 0; i < 300; ++i) logger.setLevel(i % 3);
  worker.join();
  return 0;
}
