// gridlock: mode=static
//
// The guard of a static local protects its initialisation, not what is done with it afterwards.
#include <thread>

static unsigned nextId() {
  static unsigned last = 0;
  return ++last;  // expect: data-race
}

int main() {
  auto work = [] {
    for (int i = 0; i < 1000; ++i) nextId();
  };
  std::thread first(work);
  std::thread second(work);
  first.join();
  second.join();
  return 0;
}
