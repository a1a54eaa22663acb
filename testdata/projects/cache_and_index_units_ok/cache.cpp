#include "cache.h"

#include "index.h"

void Cache::put(const std::string &key, int value) {
  {
    std::lock_guard<std::mutex> guard(mutex_);
    entries_[key] = value;
  }
  index_.add(key);
}

bool Cache::contains(const std::string &key) {
  std::lock_guard<std::mutex> guard(mutex_);
  return entries_.count(key) > 0;
}
