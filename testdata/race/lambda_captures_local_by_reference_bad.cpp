// gridlock: mode=static
//
// The local lives on main's stack, but two threads reach it through their captures.
#include <string>
#include <thread>

int main() {
  std::string log;
  std::thread first([&log] {
    for (int i = 0; i < 100; ++i) log += 'a';  // expect: data-race
  });
  std::thread second([&log] {
    for (int i = 0; i < 100; ++i) log += 'b';  // expect: data-race
  });
  first.join();
  second.join();
  return 0;
}
