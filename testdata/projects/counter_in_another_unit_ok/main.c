// gridlock: mode=static,runtime  expect-none: data-race, inconsistent-guard
//
// Reset and total do not lock, and need not: they are called before the first thread starts and after the
// last one was joined.
#include <pthread.h>

#include "stats.h"
#include "worker.h"

int main(void) {
  stats_reset();
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], 0, worker_main, 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  return stats_total() == 3000 ? 0 : 1;
}
