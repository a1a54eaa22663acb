// gridlock: mode=static  expect-none: data-race
//
// The consumer reads the stop flag under the queue's lock.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

class MailQueue {
 public:
  void push(std::string mail) {
    std::lock_guard guard(mutex_);
    mails_.push_back(std::move(mail));
    wake_.notify_one();
  }
  void close() {
    std::lock_guard guard(mutex_);
    closed_ = true;
    wake_.notify_all();
  }
  std::optional<std::string> pop() {
    std::unique_lock lock(mutex_);
    while (mails_.empty() && !closed_) wake_.wait(lock);
    if (mails_.empty()) return std::nullopt;
    std::string mail = std::move(mails_.front());
    mails_.pop_front();
    return mail;
  }
  bool closed() {
    std::lock_guard guard(mutex_);
    return closed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> mails_;
  bool closed_ = false;
};

int main() {
  MailQueue queue;
  std::thread sender([&queue] {
    while (!queue.closed()) {
      if (auto mail = queue.pop()) mail->append("\r\n");
    }
  });
  for (int i = 0; i < 50; ++i) queue.push("mail");
  queue.close();
  sender.join();
}
