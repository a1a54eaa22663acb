// gridlock: mode=static  expect-none: data-race
//
// The registry's lock guards the map; what is touched in the connections is atomic.
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

class Connection {
 public:
  explicit Connection(std::string peer) : peer_(std::move(peer)) {}
  void touch(long now) { lastActive_ = now; }
  long lastActive() const { return lastActive_; }
  const std::string &peer() const { return peer_; }

 private:
  const std::string peer_;
  std::atomic<long> lastActive_{0};
};

class ConnectionRegistry {
 public:
  void add(const std::string &peer) {
    std::lock_guard guard(mutex_);
    connections_[peer] = std::make_shared<Connection>(peer);
  }
  std::shared_ptr<Connection> find(const std::string &peer) {
    std::lock_guard guard(mutex_);
    auto it = connections_.find(peer);
    return it == connections_.end() ? nullptr : it->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Connection>> connections_;
};

int main() {
  ConnectionRegistry registry;
  registry.add("10.0.0.1");
  auto worker = [&registry](long start) {
    for (long t = start; t < start + 1000; ++t) {
      if (auto connection = registry.find("10.0.0.1")) connection->touch(t);
    }
  };
  std::thread a(worker, 0);
  std::thread b(worker, 5000);
  a.join();
  b.join();
}
