// Memory for one live lock and for one lock order: the growth of the resident set, in which the
// pages of a mapped file count too.
#include <pthread.h>
#include <unistd.h>

#include <cstdio>

#include "bench_case.h"

namespace bench {
namespace {

double residentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (!file) {
    return 0;
  }
  double total = 0;
  double resident = 0;
  const bool read = std::fscanf(file, "%lf %lf", &total, &resident) == 2;
  std::fclose(file);
  return read ? resident * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

Figures bytesPerLock(std::size_t count) {
  SleepingThread second;
  std::vector<pthread_mutex_t> locks(count, PTHREAD_MUTEX_INITIALIZER);
  const double before = residentBytes();
  for (auto& lock : locks) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
  }
  return {{"bytes", (residentBytes() - before) / static_cast<double>(count)}};
}

Figures bytesPerEdge(std::size_t edges) {
  SleepingThread second;
  std::vector<pthread_mutex_t> locks(edges + 1, PTHREAD_MUTEX_INITIALIZER);
  for (auto& lock : locks) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
  }
  const double before = residentBytes();
  for (std::size_t i = 0; i < edges; ++i) {
    pthread_mutex_lock(&locks[i]);
    pthread_mutex_lock(&locks[i + 1]);
    pthread_mutex_unlock(&locks[i + 1]);
    pthread_mutex_unlock(&locks[i]);
  }
  return {{"bytes", (residentBytes() - before) / static_cast<double>(edges)}};
}

}  // namespace

std::vector<Case> memoryCases() {
  return {
      {"memory-lock", "memory for a live lock", 200'000, bytesPerLock},
      {"memory-edge", "memory for a lock order", 100'000, bytesPerEdge},
  };
}

}  // namespace bench
