// gridlock: mode=static
//
// The supervisor holds the lock while its helper lives: the helper needs no lock of its own against the
// workers that take it.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long jobs;

static void* worker(void* arg) {
  pthread_mutex_lock(&lock);
  jobs++;  // expect-none: data-race
  pthread_mutex_unlock(&lock);
  return arg;
}

static void* helper(void* arg) {
  jobs += 10;  // expect-none: data-race
  return arg;
}

int main(void) {
  pthread_t w, h;
  pthread_create(&w, NULL, worker, NULL);
  pthread_mutex_lock(&lock);
  pthread_create(&h, NULL, helper, NULL);
  pthread_join(h, NULL);  // also: blocking-while-locked
  pthread_mutex_unlock(&lock);
  pthread_join(w, NULL);
  return 0;
}
