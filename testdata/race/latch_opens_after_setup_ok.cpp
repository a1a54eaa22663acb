// gridlock: mode=static,runtime  validate=none  expect-none: data-race, deadlock
//
// The workers start early but wait at a latch until the table is filled. (ThreadSanitizer does not see the
// order when the latch is inlined by another standard library build.)
#include <array>
#include <latch>
#include <thread>

static std::array<int, 16> table;
static std::latch ready(1);

static void work(long *sum) {
  ready.wait();
  for (int entry : table) *sum += entry;
}

int main() {
  long sums[2] = {0, 0};
  std::thread first(work, &sums[0]);
  std::thread second(work, &sums[1]);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<int>(i);
  ready.count_down();
  first.join();
  second.join();
  return sums[0] == 120 && sums[1] == 120 ? 0 : 1;
}
