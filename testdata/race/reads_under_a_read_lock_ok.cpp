// gridlock: mode=static,runtime  expect-none: data-race
//
// Readers share, writers exclude, and the counter is atomic.
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

class Dictionary {
 public:
  void define(const std::string &word, int meaning) {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    words_[word] = meaning;
  }
  int lookUp(const std::string &word) {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    lookups_.fetch_add(1, std::memory_order_relaxed);
    auto found = words_.find(word);
    return found == words_.end() ? 0 : found->second;
  }

 private:
  std::shared_mutex mutex_;
  std::map<std::string, int> words_;
  std::atomic<long> lookups_{0};
};

int main() {
  Dictionary dictionary;
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i) dictionary.define("lock", i);
  });
  auto work = [&] {
    for (int i = 0; i < 500; ++i) dictionary.lookUp("lock");
  };
  std::thread first(work);
  std::thread second(work);
  writer.join();
  first.join();
  second.join();
  return 0;
}
