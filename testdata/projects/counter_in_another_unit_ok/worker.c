#include "worker.h"

#include "stats.h"

void *worker_main(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) stats_hit();
  return 0;
}
