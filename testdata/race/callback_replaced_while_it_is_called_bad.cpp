// gridlock: mode=static
//
// setErrorHandler() replaces the std::function that the receiver thread calls.
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

class Receiver {
 public:
  using Handler = std::function<void(int)>;
  void setErrorHandler(Handler handler) {
    onError_ = std::move(handler);  // expect: data-race
  }
  void fail(int code) {
    if (onError_) onError_(code);
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
