// gridlock: mode=runtime validate=none  expect-none: starvation, livelock  also: blocking-while-locked
//
// A long wait, and a long queue in which everybody has one turn: slow, but nobody is passed over.
#include <pthread.h>
#include <time.h>

enum { kThreads = 30 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void* one_turn(void* argument) {
  const struct timespec time = {0, 25000000};
  pthread_mutex_lock(&mutex);
  nanosleep(&time, 0);
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(void) {
  pthread_t threads[kThreads];
  for (int i = 0; i < kThreads; ++i) pthread_create(&threads[i], 0, one_turn, 0);
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], 0);
  return 0;
}
