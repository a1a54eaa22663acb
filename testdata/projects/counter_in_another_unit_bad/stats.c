#include "stats.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

void stats_hit(void) {
  pthread_mutex_lock(&lock);
  ++total;  // also: data-race
  pthread_mutex_unlock(&lock);
}

void stats_reset(void) {
  total = 0;  // expect: data-race
}

long stats_total(void) {
  pthread_mutex_lock(&lock);
  long now = total;  // also: data-race
  pthread_mutex_unlock(&lock);
  return now;
}
