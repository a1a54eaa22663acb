// gridlock: mode=static,runtime
//
// Downwards the parent's lock comes first; a child that reports its size upwards takes them the other way.
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"

class Folder {
 public:
  explicit Folder(Folder *parent) : parent_(parent) {}

  Folder *add() {
    std::lock_guard<std::mutex> guard(mutex_);
    children_.push_back(std::make_unique<Folder>(this));
    return children_.back().get();
  }

  void refresh() {
    std::lock_guard<std::mutex> guard(mutex_);
    for (const std::unique_ptr<Folder> &child : children_) child->touch();  // also: lock-order-cycle
  }

  void grow(long bytes) {
    std::lock_guard<std::mutex> guard(mutex_);
    bytes_ += bytes;
    if (parent_) parent_->account(bytes);  // also: lock-order-cycle
  }

 private:
  void touch() {
    std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
    ++stamps_;
  }
  void account(long bytes) {
    std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
    bytes_ += bytes;
  }

  std::mutex mutex_;
  Folder *parent_;
  std::vector<std::unique_ptr<Folder>> children_;
  long bytes_ = 0;
  int stamps_ = 0;
};

int main() {
  Folder root(nullptr);
  Folder *home = root.add();
  invisible_step step = INVISIBLE_STEP_INIT;
  std::thread scanner([&] {
    root.refresh();
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread writer([&] {
    invisible_step_await(&step, 1);
    home->grow(100);
    invisible_step_advance(&step);
  });
  scanner.join();
  writer.join();
  return 0;
}
