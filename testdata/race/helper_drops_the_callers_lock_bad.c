// gridlock: mode=static
//
// The helper lets go of its caller's lock for a slow step and does not take it again: what the caller does
// after that is unguarded.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int moved;

static int slow_step(pthread_mutex_t* held) {
  pthread_mutex_unlock(held);
  return 1;
}

static void* mover(void* argument) {
  (void)argument;
  pthread_mutex_lock(&lock);
  moved += slow_step(&lock);  // expect: data-race
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, mover, 0);
  pthread_mutex_lock(&lock);
  int seen = moved;  // expect: data-race
  pthread_mutex_unlock(&lock);
  pthread_join(thread, 0);
  return seen > 1;
}
