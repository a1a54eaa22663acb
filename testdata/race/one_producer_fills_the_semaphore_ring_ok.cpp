// gridlock: mode=static  expect-none: data-race
//
// Semaphores keep the ring from running over; one producer and one consumer have a position each.
#include <array>
#include <semaphore>
#include <thread>

class Ring {
 public:
  void put(int value) {
    free_.acquire();
    slots_[head_++ % slots_.size()] = value;
    used_.release();
  }
  int get() {
    used_.acquire();
    int value = slots_[tail_++ % slots_.size()];
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
  std::thread first(produce, 400);
  for (int i = 0; i < 400; ++i) sum += ring.get();
  first.join();
  return sum == 0;
}
