// gridlock: mode=static  expect-none: data-race
//
// Two async tasks return their results, which are put together after get().
#include <future>
#include <string>
#include <vector>

static std::vector<int> squares(int from, int to) {
  std::vector<int> result;
  for (int i = from; i < to; ++i) result.push_back(i * i);
  return result;
}

int main() {
  std::vector<int> all;
  auto low = std::async(std::launch::async, squares, 0, 500);
  auto high = std::async(std::launch::async, squares, 500, 1000);
  for (int n : low.get()) all.push_back(n);
  for (int n : high.get()) all.push_back(n);
  return all.size() == 1000 ? 0 : 1;
}
