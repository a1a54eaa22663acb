// gridlock: mode=static,runtime  expect-none: data-race
//
// A static local is initialised once, under the compiler's guard; afterwards nobody writes.
#include <string>
#include <thread>

static const std::string &banner() {
  static const std::string text = std::string("gridlock ") + "ready";
  return text;
}

int main() {
  std::size_t lengths[2];
  std::thread first([&] { lengths[0] = banner().size(); });
  std::thread second([&] { lengths[1] = banner().size(); });
  first.join();
  second.join();
  return lengths[0] == lengths[1] ? 0 : 1;
}
