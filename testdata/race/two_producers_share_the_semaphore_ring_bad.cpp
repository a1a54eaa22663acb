// gridlock: mode=static
//
// Semaphores keep the ring from running over, but two producers share the write position.
#include <array>
#include <semaphore>
#include <thread>

class Ring {
 public:
  void put(int value) {
    free_.acquire();
    slots_[head_++ % slots_.size()] = value;  // expect: data-race
    used_.release();
  }
  int get() {
    used_.acquire();
    int value = slots_[tail_++ % slots_.size()];  // also: data-race
    free_.release();
    return value;
  }

 private:
  std::array<int, 8> slots_{};
  std::counting_semaphore<8> free_{8};
  std::counting_semaphore<8> used_{0};
  unsigned head_ = 0;
  unsigned tail_ = 0;
};

int main() {
  Ring ring;
  auto produce = [&ring](int n) {
    for (int i = 0; i < n; ++i) ring.put(i);
  };
  long sum = 0;
  std::thread first(produce, 200);
  std::thread second(produce, 200);
  for (int i = 0; i < 400; ++i) sum += ring.get();
  first.join();
  second.join();
  return sum == 0;
}
