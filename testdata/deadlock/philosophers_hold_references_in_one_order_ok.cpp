// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock, wait-while-holding
//
// The third takes the forks as the others do: the lower first.
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
      std::lock_guard<std::mutex> a(left.m);
      std::lock_guard<std::mutex> b(right.m);
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
  Philosopher a(0, forks[0], forks[1]), b(1, forks[1], forks[2]), c(2, forks[0], forks[2]);
  std::thread t(&Philosopher::dine, &a), u(&Philosopher::dine, &b), v(&Philosopher::dine, &c);
  t.join();
  u.join();
  v.join();
}
