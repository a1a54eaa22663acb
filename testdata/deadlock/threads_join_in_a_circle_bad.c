// gridlock: mode=runtime validate=none
//
// Three stages of a shut-down, each of which waits for the end of the next one. (For a circle of two, libc
// itself refuses with EDEADLK; of three it does not.)
#include <pthread.h>
#include <stddef.h>

#include "support/invisible_barrier.h"

static pthread_t stages[3];
static invisible_barrier started = INVISIBLE_BARRIER_INIT(4);

static void *stop(void *argument) {
  size_t mine = (size_t)argument;
  invisible_barrier_wait(&started);
  pthread_join(stages[(mine + 1) % 3], NULL);  // expect: deadlock
  return NULL;
}

int main(void) {
  for (size_t i = 0; i < 3; ++i) pthread_create(&stages[i], NULL, stop, (void *)i);
  invisible_barrier_wait(&started);
  pthread_exit(NULL);
}
