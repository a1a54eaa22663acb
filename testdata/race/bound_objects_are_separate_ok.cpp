// gridlock: mode=static,runtime  expect-none: data-race
//
// The same functions on different objects, and std::bind copies what is not wrapped in std::ref.
#include <functional>
#include <thread>

struct Meter {
  long units = 0;
};

static void correct(Meter &meter, int by) {
  for (int i = 0; i < 1000; ++i) meter.units -= by;
}

int main() {
  Meter water;
  Meter power;
  Meter gas;
  std::thread first(correct, std::ref(water), 1);
  std::thread second(std::bind(correct, std::ref(power), 2));
  std::thread third(std::bind(correct, gas, 3));  // a copy
  first.join();
  second.join();
  third.join();
  return water.units == -1000 ? 0 : 1;
}
