// gridlock: mode=static
//
// enter() gives up after a few tries and says so; one caller does not look.
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int uses;

static int enter(void) {
  for (int i = 0; i < 2; ++i) {
    if (pthread_mutex_trylock(&mutex) == 0) return 1;
  }
  return 0;
}

static void *careful(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) {
    if (!enter()) continue;
    ++uses;  // also: data-race
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void *careless(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) {
    int entered = enter();
    ++uses;  // expect: data-race
    if (entered) pthread_mutex_unlock(&mutex);
  }
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, careful, 0);
  pthread_create(&second, 0, careless, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
