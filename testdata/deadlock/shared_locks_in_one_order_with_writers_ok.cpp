// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// Readers and the writer take routes, then peers.
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>

class Topology {
 public:
  int cost(int peer) const {
    std::shared_lock routes(routesMutex_);
    std::shared_lock peers(peersMutex_);
    auto it = routes_.find(peer);
    return it == routes_.end() || peers_.count(peer) == 0 ? -1 : it->second;
  }
  void add(int peer, int cost) {
    std::unique_lock routes(routesMutex_);
    std::unique_lock peers(peersMutex_);
    peers_[peer] = true;
    routes_[peer] = cost;
  }

 private:
  mutable std::shared_mutex routesMutex_, peersMutex_;
  std::map<int, int> routes_;
  std::map<int, bool> peers_;
};

int main() {
  Topology topology;
  std::thread reader([&] {
    for (int i = 0; i < 20; ++i) topology.cost(i);
  });
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) topology.add(i, i);
  });
  reader.join();
  writer.join();
}
