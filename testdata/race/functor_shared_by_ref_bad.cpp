// gridlock: mode=static
//
// One functor is given to two threads by std::ref, and counts in itself.
#include <functional>
#include <thread>

class Crawler {
 public:
  void operator()(int pages) {
    for (int i = 0; i < pages; ++i) ++visited_;  // expect: data-race
  }
  int visited() const { return visited_; }

 private:
  int visited_ = 0;
};

int main() {
  Crawler crawler;
  std::thread a(std::ref(crawler), 1000);
  std::thread b(std::ref(crawler), 1000);
  a.join();
  b.join();
  return crawler.visited() < 0;
}
