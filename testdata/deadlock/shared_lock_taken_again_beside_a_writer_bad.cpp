// gridlock: mode=static
//
// A thread must not have a shared_mutex twice, and a writer may ask between.
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>
class Reg {
 public:
  int get(int k) const {
    std::shared_lock r(m);  // expect: recursive-read
    return v[k];
  }
  int sum() const {
    std::shared_lock r(m);  // also: recursive-read
    int s = 0;
    for (int i = 0; i < 4; ++i) s += get(i);
    return s;
  }
  void set(int k, int n) {
    std::unique_lock w(m);
    v[k] = n;
  }

 private:
  mutable std::shared_mutex m;
  int v[4] = {};
};
int main() {
  Reg r;
  std::thread t([&] { r.sum(); }), u([&] { r.set(1, 2); });
  t.join();
  u.join();
}
