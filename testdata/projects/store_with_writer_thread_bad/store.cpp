#include "store.h"

Store::Store() : writer_(&Store::flushLoop, this) {}

Store::~Store() {
  {
    std::lock_guard<std::mutex> guard(mutex_);
    closing_ = true;
  }
  dirty_.notify_one();
  writer_.join();
}

void Store::set(const std::string &key, int value) {
  {
    std::lock_guard<std::mutex> guard(mutex_);
    values_[key] = value;
    changed_ = true;
  }
  dirty_.notify_one();
}

int Store::get(const std::string &key) {
  std::lock_guard<std::mutex> guard(mutex_);
  auto found = values_.find(key);
  return found == values_.end() ? 0 : found->second;
}
