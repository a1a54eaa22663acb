// gridlock: mode=static
//
// Two request threads count hits in a plain global.
#include <thread>

static long hits;

static void serve() {
  for (int i = 0; i < 1000; ++i) ++hits;  // expect: data-race
}

int main() {
  std::thread first(serve);
  std::thread second(serve);
  first.join();
  second.join();
  return hits > 0 ? 0 : 1;
}
