// gridlock: mode=static
//
// A worker keeps a pointer to a list node, which the reaper erases under the lock.
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
  Peer *add(int id) {
    std::lock_guard guard(mutex_);
    peers_.emplace_back(id);
    return &peers_.back();
  }
  void reap(int id) {
    std::lock_guard guard(mutex_);
    peers_.remove_if([id](const Peer &peer) { return peer.id == id; });  // expect-miss: data-race
  }

 private:
  std::mutex mutex_;
  std::list<Peer> peers_;
};

int main() {
  Peers peers;
  auto peer = peers.add(7);
  std::thread receiver([peer] {
    for (int i = 0; i < 200; ++i) peer->bytes += i;  // also: data-race
  });
  peers.reap(7);
  receiver.join();
}
