// gridlock: mode=static,runtime  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// The factory locks the fresh object and then the registry; everyone else goes registry first. Nobody else
// can hold the fresh lock yet.
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

struct Connection {
  std::mutex mutex;
  int state = 0;
};

class Registry {
 public:
  void open() {
    auto connection = std::make_shared<Connection>();
    std::lock_guard<std::mutex> own(connection->mutex);
    connection->state = 1;
    std::lock_guard<std::mutex> guard(mutex_);
    connections_.push_back(connection);
  }

  void sweep() {
    std::lock_guard<std::mutex> guard(mutex_);
    for (const std::shared_ptr<Connection> &connection : connections_) {
      std::unique_lock<std::mutex> own(connection->mutex, std::try_to_lock);
      if (own) connection->state = 2;
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

int main() {
  Registry registry;
  std::thread opener([&] {
    for (int i = 0; i < 20; ++i) registry.open();
  });
  std::thread sweeper([&] {
    for (int i = 0; i < 20; ++i) registry.sweep();
  });
  opener.join();
  sweeper.join();
  return 0;
}
