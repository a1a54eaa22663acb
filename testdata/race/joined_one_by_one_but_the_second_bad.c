// gridlock: mode=static
// Of the threads that a loop has started, one is not joined.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void *work(void *arg) {
  pthread_mutex_lock(&lock);
  count++;  // expect: data-race
  pthread_mutex_unlock(&lock);
  return arg;
}

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, work, 0);
  pthread_join(threads[0], 0);
  pthread_join(threads[2], 0);
  return count != 3;  // expect: data-race
}
