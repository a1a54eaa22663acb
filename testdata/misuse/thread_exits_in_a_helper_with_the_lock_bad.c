// gridlock: mode=static,runtime
//
// The helper for hopeless cases ends the thread; its caller holds the lock.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int budget = 3;

static void give_up(void) { pthread_exit(0); }

static void *shop(void *argument) {
  pthread_mutex_lock(&lock);  // expect: lock-not-released
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
