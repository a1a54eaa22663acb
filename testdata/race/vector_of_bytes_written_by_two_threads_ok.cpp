// gridlock: mode=static  expect-none: data-race
//
// Two threads write different elements of a vector<char>.
#include <thread>
#include <vector>

using Flags = std::vector<char>;

int main() {
  Flags done(8);
  std::thread a([&done] { done[1] = true; });
  std::thread b([&done] { done[2] = true; });
  a.join();
  b.join();
  return done[1] && done[2] ? 0 : 1;
}
