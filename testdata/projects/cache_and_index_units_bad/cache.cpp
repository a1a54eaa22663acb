#include "cache.h"

#include "index.h"

void Cache::put(const std::string &key, int value) {
  std::lock_guard<std::mutex> guard(mutex_);  // also: lock-order-cycle
  entries_[key] = value;
  index_.add(key);  // also: lock-order-cycle
}

bool Cache::contains(const std::string &key) {
  std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
  return entries_.count(key) > 0;
}
