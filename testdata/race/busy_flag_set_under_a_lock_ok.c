// gridlock: mode=static,runtime  expect-none: data-race
// Who finds the printer idle under the lock, and marks it busy, has it alone until the mark is taken away.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int busy;
static int pages;

static void seize(void) {
  pthread_mutex_lock(&lock);
  while (busy) pthread_cond_wait(&idle, &lock);
  busy = 1;
  pthread_mutex_unlock(&lock);
}

static void yield(void) {
  pthread_mutex_lock(&lock);
  busy = 0;
  pthread_cond_signal(&idle);
  pthread_mutex_unlock(&lock);
}

static void *print(void *arg) {
  seize();
  pages++;
  yield();
  return arg;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, print, 0);
  pthread_create(&second, 0, print, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return pages != 2;
}
