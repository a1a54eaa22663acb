// gridlock: mode=static
//
// The error branch gives the lock back and then still counts the error.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int done;
static int errors;

static int handle(int request) {
  pthread_mutex_lock(&lock);
  if (request % 3 == 0) {
    pthread_mutex_unlock(&lock);
    ++errors;  // expect: data-race
    return -1;
  }
  ++done;
  pthread_mutex_unlock(&lock);
  return 0;
}

static void *worker(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) handle(i);
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, worker, 0);
  pthread_create(&second, 0, worker, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
