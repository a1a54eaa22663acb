// gridlock: mode=runtime validate=none run-args=--timeout=3
//
// The barrier counts three; only two workers were started, and main waits for them.
#include <pthread.h>

static pthread_barrier_t phase;

static void *work(void *argument) {
  pthread_barrier_wait(&phase);  // expect: deadlock
  return argument;
}

int main(void) {
  pthread_barrier_init(&phase, 0, 3);
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], 0, work, 0);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], 0);  // also: deadlock
  return 0;
}
