// gridlock: mode=static  expect-none: data-race
//
// Workers by CRTP: the base class runs the thread, the derived step() adds to a total under a lock.
#include <mutex>
#include <thread>

template <typename Derived>
class Worker {
 public:
  void start(int rounds) {
    thread_ = std::thread([this, rounds] {
      for (int i = 0; i < rounds; ++i) static_cast<Derived *>(this)->step(i);
    });
  }
  void join() { thread_.join(); }

 private:
  std::thread thread_;
};

struct Shared {
  std::mutex mutex;
  long total = 0;
};

class Adder : public Worker<Adder> {
 public:
  explicit Adder(Shared &shared) : shared_(shared) {}
  void step(int i) {
    std::lock_guard guard(shared_.mutex);
    shared_.total += i;
  }

 private:
  Shared &shared_;
};

int main() {
  Shared shared;
  Adder a(shared), b(shared);
  a.start(500);
  b.start(500);
  a.join();
  b.join();
  return shared.total < 0;
}
