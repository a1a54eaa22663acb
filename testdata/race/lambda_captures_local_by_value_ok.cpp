// gridlock: mode=static,runtime  expect-none: data-race
//
// Each thread changes its own copy.
#include <string>
#include <thread>

int main() {
  std::string name = "job";
  int number = 7;
  std::thread first([name, number]() mutable {
    name += "-one";
    ++number;
  });
  std::thread second([name, number]() mutable {
    name += "-two";
    ++number;
  });
  name += "-main";
  ++number;
  first.join();
  second.join();
  return number == 8 ? 0 : 1;
}
