// gridlock: mode=static,runtime  expect-none: data-race
//
// Readers take a shared_ptr to an immutable snapshot under the lock and read it without; the writer builds
// a new one and swaps.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

class Routes {
 public:
  using Table = std::map<std::string, int>;
  std::shared_ptr<const Table> snapshot() {
    std::lock_guard<std::mutex> guard(mutex_);
    return current_;
  }
  void replace(std::shared_ptr<const Table> next) {
    std::lock_guard<std::mutex> guard(mutex_);
    current_ = std::move(next);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const Table> current_ = std::make_shared<const Table>();
};

int main() {
  Routes routes;
  std::thread updater([&] {
    for (int i = 0; i < 200; ++i) {
      auto next = std::make_shared<Routes::Table>();
      (*next)["/"] = i;
      routes.replace(next);
    }
  });
  int last = 0;
  for (int i = 0; i < 200; ++i) {
    std::shared_ptr<const Routes::Table> table = routes.snapshot();
    auto found = table->find("/");
    if (found != table->end()) last = found->second;
  }
  updater.join();
  return last < 200 ? 0 : 1;
}
