#include "units.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void right_add(struct tally *tally) {
  pthread_mutex_lock(&lock);
  ++tally->votes;  // expect: data-race
  pthread_mutex_unlock(&lock);
}
