// gridlock: mode=runtime validate=none  also: contention
//
// Each keeps its own lock and tries the other's, again and again: the try-lock spares them the deadlock in
// name only. Nobody lets go, so the run is ended.
#include <pthread.h>
#include <time.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static invisible_barrier met = INVISIBLE_BARRIER_INIT(2);

static void take_both(pthread_mutex_t* first, pthread_mutex_t* second) {
  const struct timespec pause = {0, 500000};
  pthread_mutex_lock(first);  // also: livelock
  invisible_barrier_wait(&met);
  while (pthread_mutex_trylock(second) != 0) nanosleep(&pause, 0);  // expect: livelock
  pthread_mutex_unlock(second);
  pthread_mutex_unlock(first);
}

static void* from_left(void* argument) {
  take_both(&left, &right);
  return argument;
}

static void* from_right(void* argument) {
  take_both(&right, &left);
  return argument;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, from_left, 0);
  pthread_create(&second, 0, from_right, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
