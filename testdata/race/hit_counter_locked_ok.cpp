// gridlock: mode=static,runtime  expect-none: data-race
//
// The repair: one lock around every access; main reads after both threads were joined.
#include <mutex>
#include <thread>

static std::mutex mutex;
static long hits;

static void serve() {
  for (int i = 0; i < 1000; ++i) {
    std::lock_guard<std::mutex> guard(mutex);
    ++hits;
  }
}

int main() {
  std::thread first(serve);
  std::thread second(serve);
  first.join();
  second.join();
  return hits == 2000 ? 0 : 1;
}
