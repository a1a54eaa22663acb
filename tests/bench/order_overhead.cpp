// The cost of lock orders: of one never seen before, however many there are, and of going through
// many known ones.
#include <pthread.h>

#include <algorithm>
#include <utility>

#include "bench_case.h"

namespace bench {
namespace {

using Edge = std::pair<unsigned, unsigned>;

// The first `count` edges of a graph without cycles, in random order.
std::vector<Edge> randomEdges(std::size_t count, std::size_t& locks) {
  locks = 2;
  while (locks * (locks - 1) / 2 < count) {
    ++locks;
  }
  std::vector<Edge> edges;
  for (unsigned to = 1; to < locks; ++to) {
    for (unsigned from = 0; from < to && edges.size() < count; ++from) {
      edges.emplace_back(from, to);
    }
  }
  Random random;
  for (std::size_t i = edges.size(); i > 1; --i) {
    std::swap(edges[i - 1], edges[random.below(static_cast<unsigned>(i))]);
  }
  return edges;
}

void walk(std::vector<pthread_mutex_t>& locks, const Edge* begin, const Edge* end) {
  for (const Edge* edge = begin; edge != end; ++edge) {
    pthread_mutex_lock(&locks[edge->first]);
    pthread_mutex_lock(&locks[edge->second]);
    pthread_mutex_unlock(&locks[edge->second]);
    pthread_mutex_unlock(&locks[edge->first]);
  }
}

// `first` and `last` are the first and the last tenth: flat means that they are equal.
Figures newEdges(std::size_t count) {
  SleepingThread second;
  std::size_t lock_count = 0;
  const std::vector<Edge> edges = randomEdges(count, lock_count);
  std::vector<pthread_mutex_t> locks(lock_count, PTHREAD_MUTEX_INITIALIZER);
  for (auto& lock : locks) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
  }
  const std::size_t tenth = std::max<std::size_t>(edges.size() / 10, 1);
  const double start = cpuNanoseconds();
  walk(locks, edges.data(), edges.data() + tenth);
  const double after_first = cpuNanoseconds();
  walk(locks, edges.data() + tenth, edges.data() + edges.size() - tenth);
  const double before_last = cpuNanoseconds();
  walk(locks, edges.data() + edges.size() - tenth, edges.data() + edges.size());
  const double end = cpuNanoseconds();
  const auto per = static_cast<double>(tenth);
  return {{"ns", (end - start) / static_cast<double>(edges.size())},
          {"first", (after_first - start) / per},
          {"last", (end - before_last) / per}};
}

Figures hotEdges(std::size_t steps, std::size_t count) {
  SleepingThread second;
  std::size_t lock_count = 0;
  const std::vector<Edge> edges = randomEdges(count, lock_count);
  std::vector<pthread_mutex_t> locks(lock_count, PTHREAD_MUTEX_INITIALIZER);
  walk(locks, edges.data(), edges.data() + edges.size());
  const std::size_t rounds = std::max<std::size_t>(steps / edges.size(), 1);
  return measure(rounds * edges.size(), [&] {
    for (std::size_t round = 0; round < rounds; ++round) {
      walk(locks, edges.data(), edges.data() + edges.size());
    }
  });
}

}  // namespace

std::vector<Case> orderCases() {
  auto hot = [](std::size_t count) { return [count](std::size_t n) { return hotEdges(n, count); }; };
  return {
      {"new-edges-10k", "a new lock order, to 10k", 10'000, newEdges},
      {"new-edges-100k", "a new lock order, to 100k", 100'000, newEdges},
      {"hot-edges-100", "100 known lock orders, two pairs each", 8'000'000, hot(100)},
      {"hot-edges-10k", "10k known lock orders, two pairs each", 8'000'000, hot(10'000)},
  };
}

}  // namespace bench
