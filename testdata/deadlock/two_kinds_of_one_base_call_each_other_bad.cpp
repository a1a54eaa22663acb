// gridlock: mode=static
//
// The lock is the base's; the two objects are of different classes.
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>
struct Node {
  virtual ~Node() = default;
  virtual void poke(int d) = 0;
  std::mutex m;
  Node* peer = nullptr;
};
struct A : Node {
  void poke(int d) override {
    std::lock_guard<std::mutex> g(m);  // expect: lock-order-cycle
    if (d) peer->poke(0);
  }
};
struct B : Node {
  void poke(int d) override {
    std::lock_guard<std::mutex> g(m);  // also: lock-order-cycle
    if (d) peer->poke(0);
  }
};
int main() {
  A a;
  B b;
  a.peer = &b;
  b.peer = &a;
  std::thread t([&] { a.poke(1); }), u([&] { b.poke(1); });
  t.join();
  u.join();
}
