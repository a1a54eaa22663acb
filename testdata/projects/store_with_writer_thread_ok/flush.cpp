#include "store.h"

void Store::flushLoop() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    dirty_.wait(lock, [this] { return closing_ || changed_; });
    if (closing_) return;
    changed_ = false;
    std::map<std::string, int> copy = values_;
    lock.unlock();
    long positive = 0;
    for (const auto &[key, value] : copy) positive += value > 0;
    lock.lock();
    flushes_ += positive;
  }
}

long Store::flushes() {
  std::lock_guard<std::mutex> guard(mutex_);
  return flushes_;
}
