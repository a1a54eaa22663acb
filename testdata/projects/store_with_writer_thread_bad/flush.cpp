#include "store.h"

void Store::flushLoop() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    dirty_.wait(lock, [this] { return closing_ || changed_; });
    if (closing_) return;
    changed_ = false;
    std::map<std::string, int> copy = values_;
    lock.unlock();
    for (const auto &[key, value] : copy) flushes_ += value > 0;  // expect: data-race
    lock.lock();
  }
}

long Store::flushes() const { return flushes_; }  // expect: data-race
