// gridlock: mode=static
//
// With round brackets and no guard name this declares a variable called `mutex_`, default constructed, that
// hides the member: no lock is taken at all.
#include <mutex>
#include <thread>

class Visits {
 public:
  void add() {
    std::unique_lock<std::mutex>(mutex_);  // expect: unused-guard
    ++count_;                              // expect: data-race
  }

 private:
  std::mutex mutex_;
  long count_ = 0;
};

int main() {
  Visits visits;
  auto work = [&] {
    for (int i = 0; i < 1000; ++i) visits.add();
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return 0;
}
