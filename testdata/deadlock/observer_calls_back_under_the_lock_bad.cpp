// gridlock: mode=static,runtime validate=none
//
// The subject notifies its observers while it holds its lock; an observer that unsubscribes itself comes
// back into the subject and waits for its own thread.
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
    std::lock_guard<std::mutex> guard(mutex_);  // expect: self-deadlock
    observers_.erase(
        std::remove_if(observers_.begin(), observers_.end(), [id](const Entry &e) { return e.id == id; }),
        observers_.end());
  }

  void notify(int value) {
    std::lock_guard<std::mutex> guard(mutex_);  // also: self-deadlock
    for (const Entry &entry : observers_) entry.call(value);
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
    if (value > 0) subject.unsubscribe(id);  // also: self-deadlock
  });
  subject.notify(1);
  return 0;
}
