// gridlock: mode=static  expect-none: data-race, unlock-not-held
//
// A helper turns the answer of the try into yes or no; the loop goes on to the next round without the lock.
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int served;

static bool take(pthread_mutex_t *which) { return pthread_mutex_trylock(which) == 0; }

static void *serve(void *argument) {
  for (int i = 0; i < 50; ++i) {
    if (!take(&lock)) continue;
    ++served;
    pthread_mutex_unlock(&lock);
  }
  return argument;
}

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], 0, serve, 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  return served > 0 ? 0 : 1;
}
