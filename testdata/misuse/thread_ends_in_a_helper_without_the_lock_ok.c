// gridlock: mode=static,runtime  expect-none: lock-not-released
// The twin of thread_ends_in_a_helper_with_the_lock_bad.c.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int budget = 3;

static void give_up(void) {
  pthread_mutex_unlock(&lock);
  pthread_exit(0);
}

static void *buy(void *arg) {
  pthread_mutex_lock(&lock);
  if (budget < 2) give_up();
  budget -= 2;
  pthread_mutex_unlock(&lock);
  return arg;
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, 0, buy, 0);
  pthread_create(&b, 0, buy, 0);
  pthread_join(a, 0);
  pthread_join(b, 0);
  return 0;
}
