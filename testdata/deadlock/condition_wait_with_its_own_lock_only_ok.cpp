// gridlock: mode=static,runtime  expect-none: wait-while-holding, deadlock, lock-order-cycle, lost-wakeup
//
// A bounded queue as it should be: one lock, two conditions, predicates in loops.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

class BoundedQueue {
 public:
  void put(int item) {
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait(lock, [this] { return items_.size() < 4; });
    items_.push_back(item);
    filled_.notify_one();
  }
  int take() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (items_.empty()) filled_.wait(lock);
    int item = items_.front();
    items_.pop_front();
    room_.notify_one();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  std::deque<int> items_;
};

int main() {
  BoundedQueue queue;
  long sum = 0;
  std::thread producer([&] {
    for (int i = 1; i <= 200; ++i) queue.put(i);
  });
  std::thread consumer([&] {
    for (int i = 1; i <= 200; ++i) sum += queue.take();
  });
  producer.join();
  consumer.join();
  return sum == 20100 ? 0 : 1;
}
