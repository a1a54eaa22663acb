// gridlock: mode=static
//
// get() loads a missing entry under the lock, and the loader asks the same cache.
#include <functional>
#include <map>
#include <mutex>
#include <string>

class LoadingCache {
 public:
  using Loader = std::function<int(const std::string &)>;
  explicit LoadingCache(Loader loader) : loader_(std::move(loader)) {}
  int get(const std::string &key) {
    std::unique_lock lock(mutex_);  // expect: self-deadlock severity=warning
    if (auto it = entries_.find(key); it != entries_.end()) return it->second;
    int value = loader_(key);
    entries_[key] = value;
    return value;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> entries_;
  Loader loader_;
};

int main() {
  LoadingCache *self = nullptr;
  LoadingCache cache([&self](const std::string &key) {
    return key.size() <= 1 ? 1 : self->get(key.substr(1)) + 1;
  });
  self = &cache;
  return cache.get("abc") == 3 ? 0 : 1;
}
