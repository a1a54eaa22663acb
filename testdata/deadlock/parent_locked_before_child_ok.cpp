// gridlock: mode=static,runtime  expect-none: lock-order-cycle
//
// A tree whose nodes lock their children, always downwards: a class locked under itself, never a cycle.
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

class Folder {
 public:
  Folder *add() {
    std::lock_guard<std::mutex> guard(mutex_);
    children_.push_back(std::make_unique<Folder>());
    return children_.back().get();
  }

  void touch() {
    std::lock_guard<std::mutex> guard(mutex_);
    ++stamps_;
    for (const std::unique_ptr<Folder> &child : children_) child->touch();
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Folder>> children_;
  int stamps_ = 0;
};

int main() {
  Folder root;
  Folder *home = root.add();
  home->add();
  root.add();
  std::thread first([&] { root.touch(); });
  std::thread second([&] { home->touch(); });
  first.join();
  second.join();
  return 0;
}
