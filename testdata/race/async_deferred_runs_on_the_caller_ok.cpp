// gridlock: mode=static,runtime  expect-none: data-race
//
// std::launch::deferred runs in get(), on this thread; the async one is waited for before its data is touched.
#include <future>
#include <vector>

int main() {
  std::vector<int> rows(100, 1);
  auto later = std::async(std::launch::deferred, [&rows] { return rows.size(); });
  rows[0] = 2;
  std::size_t size = later.get();
  auto sum = std::async(std::launch::async, [&rows] {
    int total = 0;
    for (int row : rows) total += row;
    return total;
  });
  int total = sum.get();
  rows[0] = 3;
  return size == 100 && total == 101 ? 0 : 1;
}
