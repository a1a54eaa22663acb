// gridlock: mode=static  expect-none: data-race
//
// Two threads double the halves of a vector through spans that do not overlap.
#include <span>
#include <thread>
#include <vector>

static void twice(std::span<int> part) {
  for (int &n : part) n *= 2;
}

int main() {
  std::vector<int> numbers(1000, 1);
  std::span<int> all(numbers);
  std::thread low(twice, all.first(500));
  std::thread high(twice, all.subspan(500));
  low.join();
  high.join();
  return numbers[0] != 2;
}
