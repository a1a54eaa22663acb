// gridlock: mode=static  expect-none: data-race
//
// The nodes are shared_ptrs; the worker keeps one, and the reaper only drops its own.
#include <algorithm>
#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

struct Peer {
  explicit Peer(int n) : id(n) {}
  const int id;
  std::atomic<long> bytes{0};
};

class Peers {
 public:
  std::shared_ptr<Peer> add(int id) {
    std::lock_guard guard(mutex_);
    peers_.push_back(std::make_shared<Peer>(id));
    return peers_.back();
  }
  void reap(int id) {
    std::lock_guard guard(mutex_);
    peers_.remove_if([id](const auto &peer) { return peer->id == id; });
  }

 private:
  std::mutex mutex_;
  std::list<std::shared_ptr<Peer>> peers_;
};

int main() {
  Peers peers;
  auto peer = peers.add(7);
  std::thread receiver([peer] {
    for (int i = 0; i < 200; ++i) peer->bytes += i;
  });
  peers.reap(7);
  receiver.join();
}
