// gridlock: mode=static  expect-none: data-race
//
// setErrorHandler() replaces the std::function under the lock under which the receiver copies it.
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

class Receiver {
 public:
  using Handler = std::function<void(int)>;
  void setErrorHandler(Handler handler) {
    std::lock_guard guard(mutex_);
    onError_ = std::move(handler);
  }
  void fail(int code) {
    Handler handler;
    {
      std::lock_guard guard(mutex_);
      handler = onError_;
    }
    if (handler) handler(code);
  }

 private:
  std::mutex mutex_;
  Handler onError_;
};

int main() {
  Receiver receiver;
  std::atomic<int> errors{0};
  std::thread loop([&] {
    for (int i = 0; i < 100; ++i) receiver.fail(i);
  });
  receiver.setErrorHandler([&errors](int) { ++errors; });
  loop.join();
}
