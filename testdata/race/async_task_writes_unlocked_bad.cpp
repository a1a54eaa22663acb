// gridlock: mode=static
//
// std::launch::async is another thread; the caller works on the same vector until it asks for the result.
#include <future>
#include <vector>

int main() {
  std::vector<int> rows(100, 1);
  auto sum = std::async(std::launch::async, [&rows] {
    int total = 0;
    for (int row : rows) total += row;  // also: data-race
    return total;
  });
  rows[0] = 2;  // expect: data-race
  return sum.get() > 0 ? 0 : 1;
}
