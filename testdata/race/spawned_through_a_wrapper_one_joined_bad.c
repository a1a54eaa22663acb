// gridlock: mode=static
//
// The program starts its threads through a function of its own, but waits for the first one only.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static int spawn(pthread_t* thread, void* (*body)(void*), void* arg) {
  return pthread_create(thread, NULL, body, arg);
}

static void* count(void* arg) {
  pthread_mutex_lock(&lock);
  total += (long)arg;  // expect: data-race
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  pthread_t first, second;
  if (spawn(&first, count, (void*)1)) abort();
  spawn(&second, count, (void*)2);
  pthread_join(first, NULL);
  return total == 3 ? 0 : 1;  // expect: data-race
}
