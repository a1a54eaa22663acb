#include "index.h"

#include "cache.h"

void Index::add(const std::string &key) {
  std::lock_guard<std::mutex> guard(mutex_);
  keys_.insert(key);
}

int Index::prune(Cache &cache) {
  std::lock_guard<std::mutex> guard(mutex_);
  int gone = 0;
  for (auto key = keys_.begin(); key != keys_.end();) {
    if (cache.contains(*key)) {
      ++key;
    } else {
      key = keys_.erase(key);
      ++gone;
    }
  }
  return gone;
}
