// gridlock: mode=static  expect-none: data-race
//
// Transitions and the getter that monitoring polls lock.
#include <mutex>
#include <thread>

class Link {
 public:
  enum class State { Idle, Connecting, Up, Closed };
  void connect() {
    std::lock_guard guard(mutex_);
    if (state_ == State::Idle) state_ = State::Connecting;
  }
  void connected() {
    std::lock_guard guard(mutex_);
    if (state_ == State::Connecting) state_ = State::Up;
  }
  void close() {
    std::lock_guard guard(mutex_);
    state_ = State::Closed;
  }
  State state() const {
    std::lock_guard guard(mutex_);
    return state_;
  }

 private:
  mutable std::mutex mutex_;
  State state_ = State::Idle;
};

int main() {
  Link link;
  std::thread driver([&link] {
    link.connect();
    link.connected();
    link.close();
  });
  int polls = 0;
  while (link.state() != Link::State::Closed && polls < 1000000) ++polls;
  driver.join();
}
