// gridlock: mode=static,runtime  expect-none: data-race
//
// The block's end joins the thread; only then is the result read.
#include <thread>

int main() {
  int found = 0;
  {
    std::jthread search([&found] {
      for (int i = 0; i < 100; ++i) found = i;
    });
  }
  return found == 99 ? 0 : 1;
}
