// Two threads take two locks in opposite orders, one after the other, so that it never hangs.
#include <atomic>
#include <mutex>
#include <thread>

std::mutex first;
std::mutex second;
std::atomic<bool> forward_done{false};

void forward() {
  std::lock_guard<std::mutex> outer(first);
  std::lock_guard<std::mutex> inner(second);
}

void backward() {
  std::lock_guard<std::mutex> outer(second);
  std::lock_guard<std::mutex> inner(first);
}

int main() {
  // Relaxed: the order of the two is luck as far as the memory model goes, not a guarantee.
  std::thread one([] {
    forward();
    forward_done.store(true, std::memory_order_relaxed);
  });
  std::thread other([] {
    while (!forward_done.load(std::memory_order_relaxed)) {
      std::this_thread::yield();
    }
    backward();
  });
  one.join();
  other.join();
  return 0;
}
