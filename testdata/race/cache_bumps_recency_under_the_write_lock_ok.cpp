// gridlock: mode=static  expect-none: data-race
//
// An LRU cache whose get() moves the entry to the front, under the lock for writing.
#include <list>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

template <typename Key, typename Value>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  std::optional<Value> get(const Key &key) {
    std::unique_lock lock(mutex_);
    auto it = index_.find(key);
    if (it == index_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, it->second);
    return it->second->second;
  }

  void put(const Key &key, Value value) {
    std::unique_lock lock(mutex_);
    if (auto it = index_.find(key); it != index_.end()) {
      it->second->second = std::move(value);
      return;
    }
    order_.emplace_front(key, std::move(value));
    index_[key] = order_.begin();
    if (order_.size() > capacity_) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
  }

 private:
  const std::size_t capacity_;
  std::shared_mutex mutex_;
  std::list<std::pair<Key, Value>> order_;
  std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator> index_;
};

int main() {
  LruCache<std::string, int> cache(8);
  for (int i = 0; i < 8; ++i) cache.put("user" + std::to_string(i), i);
  auto reader = [&cache] {
    for (int i = 0; i < 2000; ++i) cache.get("user" + std::to_string(i % 8));
  };
  std::thread first(reader);
  std::thread second(reader);
  first.join();
  second.join();
}
