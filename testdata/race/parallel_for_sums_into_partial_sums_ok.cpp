// gridlock: mode=static  expect-none: data-race
//
// Each chunk of a parallel loop has its own partial sum.
#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

static void parallelFor(std::size_t n, unsigned threads,
                        const std::function<void(unsigned, std::size_t, std::size_t)> &body) {
  std::vector<std::thread> pool;
  const std::size_t step = (n + threads - 1) / threads;
  for (unsigned t = 0; t < threads; ++t) {
    pool.emplace_back([&body, t, step, n] { body(t, t * step, std::min(n, (t + 1) * step)); });
  }
  for (auto &thread : pool) thread.join();
}

int main() {
  std::vector<double> values(4000, 0.5);
  double sum = 0;
  std::vector<double> partial(4);
  parallelFor(values.size(), 4, [&](unsigned chunk, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) partial[chunk] += values[i];
  });
  for (double part : partial) sum += part;
  return sum == 0;
}
