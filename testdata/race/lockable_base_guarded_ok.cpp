// gridlock: mode=static  expect-none: data-race
//
// The lock is the base class; each method locks itself.
#include <deque>
#include <mutex>
#include <string>
#include <thread>

class Lockable {
 public:
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class Outbox : private Lockable {
 public:
  void post(std::string message) {
    std::lock_guard<Lockable> guard(*this);
    messages_.push_back(std::move(message));
    ++posted_;
  }
  bool take(std::string *message) {
    std::lock_guard<Lockable> guard(*this);
    if (messages_.empty()) return false;
    *message = std::move(messages_.front());
    messages_.pop_front();
    return true;
  }
  long posted() {
    std::lock_guard<Lockable> guard(*this);
    return posted_;
  }

 private:
  std::deque<std::string> messages_;
  long posted_ = 0;
};

int main() {
  Outbox outbox;
  std::thread sender([&outbox] {
    for (int i = 0; i < 100; ++i) outbox.post("hello");
  });
  std::string message;
  while (outbox.posted() < 100) outbox.take(&message);
  sender.join();
}
