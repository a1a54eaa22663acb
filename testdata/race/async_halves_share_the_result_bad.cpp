// gridlock: mode=static
//
// Two async tasks append to one vector.
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
  auto collect = [&all](int from, int to) {
    for (int n : squares(from, to)) all.push_back(n);  // expect: data-race
  };
  auto low = std::async(std::launch::async, collect, 0, 500);
  auto high = std::async(std::launch::async, collect, 500, 1000);
  low.get();
  high.get();
  return all.size() == 1000 ? 0 : 1;
}
