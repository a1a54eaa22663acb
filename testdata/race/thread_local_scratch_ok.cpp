// gridlock: mode=static,runtime  expect-none: data-race
//
// Each thread has its own buffer and its own counter.
#include <string>
#include <thread>

static thread_local std::string scratch;
static thread_local int used;

static void format(int n) {
  scratch = "item ";
  scratch += std::to_string(n);
  ++used;
}

int main() {
  auto work = [] {
    for (int i = 0; i < 100; ++i) format(i);
  };
  std::thread first(work);
  std::thread second(work);
  format(0);
  first.join();
  second.join();
  return used == 1 ? 0 : 1;
}
