// gridlock: mode=static
//
// The supervisor starts its helper under the lock, but releases it before the helper has ended.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long jobs;

static void* worker(void* arg) {
  pthread_mutex_lock(&lock);
  jobs++;  // expect: data-race
  pthread_mutex_unlock(&lock);
  return arg;
}

static void* helper(void* arg) {
  jobs += 10;  // expect: data-race
  return arg;
}

int main(void) {
  pthread_t w, h;
  pthread_create(&w, NULL, worker, NULL);
  pthread_mutex_lock(&lock);
  pthread_create(&h, NULL, helper, NULL);
  pthread_mutex_unlock(&lock);
  pthread_join(h, NULL);
  pthread_join(w, NULL);
  return 0;
}
