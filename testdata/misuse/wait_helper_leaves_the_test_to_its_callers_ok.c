// gridlock: mode=static  expect-none: wait-without-predicate
//
// A helper that ends the program when a wait fails: the loop stands where the condition is known.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int items;

static void safe_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  if (pthread_cond_wait(condition, mutex) != 0) abort();
}

static void* produce(void* argument) {
  (void)argument;
  pthread_mutex_lock(&lock);
  ++items;
  pthread_cond_signal(&filled);
  pthread_mutex_unlock(&lock);
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, produce, 0);
  pthread_mutex_lock(&lock);
  while (items == 0) safe_wait(&filled, &lock);
  --items;
  pthread_mutex_unlock(&lock);
  pthread_join(thread, 0);
  return 0;
}
