// gridlock: mode=static  expect-none: data-race
//
// The lock is kept in an optional until the last write.
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

class Journal {
 public:
  void append(const std::string &line) {
    std::optional<std::unique_lock<std::mutex>> lock;
    lock.emplace(mutex_);
    lines_.push_back(line);
    ++count_;
  }
  long count() {
    std::optional<std::lock_guard<std::mutex>> guard(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  long count_ = 0;
};

int main() {
  Journal journal;
  auto write = [&journal] {
    for (int i = 0; i < 300; ++i) journal.append("entry");
  };
  std::thread a(write), b(write);
  a.join();
  b.join();
  return journal.count() > 0 ? 0 : 1;
}
