// gridlock: mode=static
//
// Two threads write different elements of a vector<bool>, which share their bytes.
#include <thread>
#include <vector>

using Flags = std::vector<bool>;

int main() {
  Flags done(8);
  std::thread a([&done] { done[1] = true; });  // expect: data-race
  std::thread b([&done] { done[2] = true; });  // also: data-race
  a.join();
  b.join();
  return done[1] && done[2] ? 0 : 1;
}
