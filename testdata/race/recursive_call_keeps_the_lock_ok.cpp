// gridlock: mode=static,runtime  expect-none: data-race, self-deadlock
//
// A recursive mutex, taken again by a recursive walk: the inner release does not give up the outer hold.
#include <mutex>
#include <thread>

class Tree {
 public:
  void visit(int depth) {
    std::lock_guard<std::recursive_mutex> guard(mutex_);
    if (depth > 0) visit(depth - 1);
    ++visits_;
  }

 private:
  std::recursive_mutex mutex_;
  long visits_ = 0;
};

int main() {
  Tree tree;
  auto work = [&] {
    for (int i = 0; i < 100; ++i) tree.visit(5);
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return 0;
}
