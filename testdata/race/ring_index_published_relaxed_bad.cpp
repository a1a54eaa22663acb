// gridlock: mode=static
//
// A queue of one producer and one consumer publishes its slots with a relaxed store.
#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

template <typename T, std::size_t N>
class SpscQueue {
 public:
  bool push(const T &value) {
    std::size_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) == N) return false;
    slots_[head % N] = value;  // expect: data-race
    head_.store(head + 1, std::memory_order_relaxed);
    return true;
  }
  bool pop(T &value) {
    std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (head_.load(std::memory_order_relaxed) == tail) return false;
    value = slots_[tail % N];
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

 private:
  std::array<T, N> slots_{};
  std::atomic<std::size_t> head_{0};
  std::atomic<std::size_t> tail_{0};
};

int main() {
  SpscQueue<int, 16> queue;
  std::thread producer([&] {
    for (int i = 0; i < 500;) i += queue.push(i);
  });
  long sum = 0;
  for (int n = 0; n < 500;) {
    int value = 0;
    if (queue.pop(value)) {
      sum += value;
      ++n;
    }
  }
  producer.join();
  return sum == 0;
}
