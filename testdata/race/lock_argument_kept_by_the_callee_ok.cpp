// gridlock: mode=static  expect-none: data-race
//
// The helper gets the lock by value and writes before it lets go of it.
#include <mutex>
#include <string>
#include <thread>
#include <vector>

class Audit {
 public:
  void record(const std::string &what) {
    std::unique_lock<std::mutex> lock(mutex_);
    pending_.push_back(what);
    flush(std::move(lock));
  }
  std::size_t written() {
    std::lock_guard guard(mutex_);
    return written_.size();
  }

 private:
  void flush(std::unique_lock<std::mutex> lock) {
    for (auto &entry : pending_) written_.push_back(entry);
    pending_.clear();
    lock.unlock();
  }
  std::mutex mutex_;
  std::vector<std::string> pending_;
  std::vector<std::string> written_;
};

int main() {
  Audit audit;
  auto work = [&audit] {
    for (int i = 0; i < 100; ++i) audit.record("login");
  };
  std::jthread a(work);
  std::jthread b(work);
}
