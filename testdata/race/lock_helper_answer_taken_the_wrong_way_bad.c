// gridlock: mode=static validate=none
//
// The helper says yes when it got the lock; its caller takes the answer for an error code.
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int served;

static bool take(pthread_mutex_t *which) { return pthread_mutex_trylock(which) == 0; }

static void *serve(void *argument) {
  for (int i = 0; i < 50; ++i) {
    if (take(&lock)) {
      pthread_mutex_unlock(&lock);
      continue;
    }
    ++served;  // expect: data-race
  }
  return argument;
}

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], 0, serve, 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  return served >= 0 ? 0 : 1;
}
