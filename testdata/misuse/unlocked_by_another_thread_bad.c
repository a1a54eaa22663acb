// gridlock: mode=runtime
//
// A mutex is used as a signal: main locks it, the worker "releases" it. Only the owner may.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t ready = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *argument) {
  (void)argument;
  pthread_mutex_unlock(&ready);  // expect: unlock-not-held
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_mutex_lock(&ready);  // also: lock-not-released
  pthread_create(&thread, 0, worker, 0);
  pthread_join(thread, 0);
  pthread_mutex_lock(&ready);  // also: lock-not-released
  pthread_mutex_unlock(&ready);
  return 0;
}
