// gridlock: mode=static
//
// The mutex is recursive by its static initialiser: a function that holds it may call another that takes it.
#define _GNU_SOURCE
#include <pthread.h>

static pthread_mutex_t config_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int level;

static int config_level(void) {
  int value;
  pthread_mutex_lock(&config_lock);  // expect-none: self-deadlock
  value = level;
  pthread_mutex_unlock(&config_lock);
  return value;
}

static void config_raise(void) {
  pthread_mutex_lock(&config_lock);
  if (config_level() < 9) level++;
  pthread_mutex_unlock(&config_lock);
}

static void* worker(void* arg) {
  config_raise();
  return arg;
}

int main(void) {
  pthread_t t;
  pthread_create(&t, NULL, worker, NULL);
  config_raise();
  pthread_join(t, NULL);
  return config_level() == 2 ? 0 : 1;
}
