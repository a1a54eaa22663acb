// gridlock: mode=static
// The twin of locks_once_there_are_threads_ok.c: the first thread may run before `threaded` is set.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int threaded;
static int count;

static void add(void) {
  if (threaded) pthread_mutex_lock(&lock);  // expect: data-race
  count++;                                  // expect: data-race
  if (threaded) pthread_mutex_unlock(&lock);  // also: data-race
}

static void *work(void *arg) {
  add();
  return arg;
}

int main(void) {
  pthread_t a, b;
  add();
  pthread_create(&a, 0, work, 0);
  threaded = 1;  // also: data-race
  pthread_create(&b, 0, work, 0);
  pthread_join(a, 0);
  pthread_join(b, 0);
  return count != 3;
}
