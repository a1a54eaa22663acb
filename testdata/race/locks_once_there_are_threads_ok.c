// gridlock: mode=static,runtime  expect-none: data-race
// `threaded` is set before the first thread starts, and stays so.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int threaded;
static int count;

static void add(void) {
  if (threaded) pthread_mutex_lock(&lock);
  count++;
  if (threaded) pthread_mutex_unlock(&lock);
}

static void *work(void *arg) {
  add();
  return arg;
}

int main(void) {
  pthread_t a, b;
  add();
  threaded = 1;
  pthread_create(&a, 0, work, 0);
  pthread_create(&b, 0, work, 0);
  add();
  pthread_join(a, 0);
  pthread_join(b, 0);
  return count != 4;
}
