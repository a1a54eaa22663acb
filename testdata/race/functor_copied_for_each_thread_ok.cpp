// gridlock: mode=static  expect-none: data-race
//
// Each thread gets its own copy of the functor.
#include <functional>
#include <thread>

class Crawler {
 public:
  void operator()(int pages) {
    for (int i = 0; i < pages; ++i) ++visited_;
  }
  int visited() const { return visited_; }

 private:
  int visited_ = 0;
};

int main() {
  Crawler crawler;
  std::thread a(crawler, 1000);
  std::thread b(crawler, 1000);
  a.join();
  b.join();
  return crawler.visited() < 0;
}
