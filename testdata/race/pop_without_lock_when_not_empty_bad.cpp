// gridlock: mode=static
//
// The consumer looks at the queue without the lock to save time, and locks only to take.
#include <deque>
#include <mutex>
#include <thread>

class Mailbox {
 public:
  void post(int letter) {
    std::lock_guard<std::mutex> guard(mutex_);
    letters_.push_back(letter);  // also: data-race
  }
  bool collect(int *letter) {
    if (letters_.empty()) return false;  // expect: data-race
    std::lock_guard<std::mutex> guard(mutex_);
    *letter = letters_.front();
    letters_.pop_front();
    return true;
  }

 private:
  std::mutex mutex_;
  std::deque<int> letters_;
};

int main() {
  Mailbox mailbox;
  std::thread sender([&] {
    for (int i = 0; i < 300; ++i) mailbox.post(i);
  });
  int letter = 0;
  for (int got = 0; got < 300;) got += mailbox.collect(&letter);
  sender.join();
  return letter == 299 ? 0 : 1;
}
