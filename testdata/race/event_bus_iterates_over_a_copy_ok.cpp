// gridlock: mode=static  expect-none: data-race
//
// publish() copies the handlers under the lock and calls the copies.
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

class EventBus {
 public:
  using Handler = std::function<void(const std::string &)>;
  void subscribe(Handler handler) {
    std::lock_guard guard(mutex_);
    handlers_.push_back(std::move(handler));
  }
  void publish(const std::string &topic) {
    std::vector<Handler> copy;
    {
      std::lock_guard guard(mutex_);
      copy = handlers_;
    }
    for (auto &handler : copy) handler(topic);
  }

 private:
  std::mutex mutex_;
  std::vector<Handler> handlers_;
};

int main() {
  EventBus bus;
  std::atomic<int> seen{0};
  std::thread publisher([&] {
    for (int i = 0; i < 200; ++i) bus.publish("tick");
  });
  for (int i = 0; i < 20; ++i) bus.subscribe([&seen](const std::string &) { ++seen; });
  publisher.join();
}
