// gridlock: mode=static,runtime  expect-none: lock-not-released
//
// The helper gives the lock back before it ends the thread.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int budget = 3;

static void give_up(void) {
  pthread_mutex_unlock(&lock);
  pthread_exit(0);
}

static void *shop(void *argument) {
  pthread_mutex_lock(&lock);
  if (budget < 5) give_up();
  budget -= 5;
  pthread_mutex_unlock(&lock);
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, shop, 0);
  pthread_join(thread, 0);
  return 0;
}
