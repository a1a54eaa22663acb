// gridlock: mode=static
//
// A jthread joins in its destructor, at the end of the block; the read before that is unordered.
#include <thread>

int main() {
  int found = 0;
  int seen = 0;
  {
    std::jthread search([&found] {
      for (int i = 0; i < 100; ++i) found = i;  // also: data-race
    });
    seen = found;  // expect: data-race
  }
  return seen <= found ? 0 : 1;
}
