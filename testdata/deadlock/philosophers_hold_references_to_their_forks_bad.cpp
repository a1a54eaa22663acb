// gridlock: mode=static
//
// Three objects, three threads: each holds the fork that the next one waits for.
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>
struct Fork {
  std::mutex m;
};
class Philosopher {
 public:
  Philosopher(int id, Fork& l, Fork& r) : id(id), left(l), right(r) {}
  void dine() {
    for (int i = 0; i < 5; ++i) {
      std::lock_guard<std::mutex> a(left.m);   // expect: lock-order-cycle
      std::lock_guard<std::mutex> b(right.m);  // also: lock-order-cycle
      ++meals;
    }
  }

 private:
  int id;
  Fork &left, &right;
  int meals = 0;
};
int main() {
  Fork forks[3];
  Philosopher a(0, forks[0], forks[1]), b(1, forks[1], forks[2]), c(2, forks[2], forks[0]);
  std::thread t(&Philosopher::dine, &a), u(&Philosopher::dine, &b), v(&Philosopher::dine, &c);
  t.join();
  u.join();
  v.join();
}
