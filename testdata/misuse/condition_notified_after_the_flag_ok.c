// gridlock: mode=static,runtime  expect-none: lost-wakeup
// The twin of condition_nobody_notifies_bad.c.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static int go;

static void *sleeper(void *arg) {
  pthread_mutex_lock(&lock);
  while (!go) pthread_cond_wait(&ready, &lock);
  pthread_mutex_unlock(&lock);
  return arg;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, sleeper, 0);
  pthread_mutex_lock(&lock);
  go = 1;
  pthread_cond_signal(&ready);
  pthread_mutex_unlock(&lock);
  pthread_join(thread, 0);
  return 0;
}
