// gridlock: mode=static
//
// Three units: the thread starts here, its body is in worker.c, the state and its lock are in stats.c, where
// the reset, called from here while the worker runs, forgets the lock.
#include <pthread.h>

#include "stats.h"
#include "worker.h"

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, worker_main, 0);
  for (int i = 0; i < 1000; ++i) stats_reset();
  pthread_join(thread, 0);
  return stats_total() >= 0 ? 0 : 1;
}
