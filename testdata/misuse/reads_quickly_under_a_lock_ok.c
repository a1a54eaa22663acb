// gridlock: mode=runtime validate=none  expect-none: blocking-while-locked
//
// Input and output that do not block, under a lock; calls that block, without one; and a file's own lock,
// which is there to be held meanwhile.
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t connection = PTHREAD_MUTEX_INITIALIZER;

int main(void) {
  int ends[2];
  char byte;
  const struct timespec time = {0, 20000000};
  if (pipe(ends) != 0) return 1;
  pthread_mutex_lock(&connection);
  if (write(ends[1], "x", 1) != 1 || read(ends[0], &byte, 1) != 1) return 1;
  pthread_mutex_unlock(&connection);
  nanosleep(&time, 0);
  flockfile(stdout);
  nanosleep(&time, 0);
  funlockfile(stdout);
  return 0;
}
