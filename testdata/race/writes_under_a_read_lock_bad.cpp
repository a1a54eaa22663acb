// gridlock: mode=static
//
// A shared lock lets several in: the counter inside is written by all of them at once.
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
    ++lookups_;  // expect: data-race
    auto found = words_.find(word);
    return found == words_.end() ? 0 : found->second;
  }

 private:
  std::shared_mutex mutex_;
  std::map<std::string, int> words_;
  long lookups_ = 0;
};

int main() {
  Dictionary dictionary;
  dictionary.define("lock", 1);
  auto work = [&] {
    for (int i = 0; i < 500; ++i) dictionary.lookUp("lock");
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return 0;
}
