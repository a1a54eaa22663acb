// gridlock: mode=static
//
// The program starts its threads through a function of its own that passes the error on; both are joined
// before the result is read.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static int spawn(pthread_t* thread, void* (*body)(void*), void* arg) {
  pthread_attr_t attr;
  int error;
  pthread_attr_init(&attr);
  error = pthread_create(thread, &attr, body, arg);
  pthread_attr_destroy(&attr);
  return error;
}

static void* count(void* arg) {
  pthread_mutex_lock(&lock);
  total += (long)arg;
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  pthread_t first, second;
  if (spawn(&first, count, (void*)1)) abort();
  spawn(&second, count, (void*)2);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return total == 3 ? 0 : 1;  // expect-none: data-race
}
