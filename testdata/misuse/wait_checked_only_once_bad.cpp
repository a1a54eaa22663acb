// gridlock: mode=static
//
// `if` instead of `while` around the wait: a spurious wake-up, or another consumer that was faster, and the
// queue is empty.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

class Queue {
 public:
  void put(int item) {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      items_.push_back(item);
    }
    filled_.notify_one();
  }
  int take() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (items_.empty()) filled_.wait(lock);  // expect: wait-without-predicate
    int item = items_.front();
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<int> items_;
};

int main() {
  Queue queue;
  std::thread producer([&] { queue.put(1); });
  int item = queue.take();
  producer.join();
  return item == 1 ? 0 : 1;
}
