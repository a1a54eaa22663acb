// gridlock: mode=static,runtime  expect-none: self-deadlock, lock-order-cycle
//
// The repair: the list is copied under the lock, and the observers are called without it.
#include <algorithm>
#include <functional>
#include <mutex>
#include <vector>

class Subject {
 public:
  int subscribe(std::function<void(int)> observer) {
    std::lock_guard<std::mutex> guard(mutex_);
    observers_.push_back({next_, std::move(observer)});
    return next_++;
  }

  void unsubscribe(int id) {
    std::lock_guard<std::mutex> guard(mutex_);
    observers_.erase(
        std::remove_if(observers_.begin(), observers_.end(), [id](const Entry &e) { return e.id == id; }),
        observers_.end());
  }

  void notify(int value) {
    std::vector<Entry> current;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      current = observers_;
    }
    for (const Entry &entry : current) entry.call(value);
  }

 private:
  struct Entry {
    int id;
    std::function<void(int)> call;
  };
  std::mutex mutex_;
  std::vector<Entry> observers_;
  int next_ = 0;
};

int main() {
  Subject subject;
  int id = 0;
  id = subject.subscribe([&](int value) {
    if (value > 0) subject.unsubscribe(id);
  });
  subject.notify(1);
  return 0;
}
