// gridlock: mode=static
//
// The pool is told to stop under its lock, and joined without it; what is joined under the other lock does
// not take that one.
#include <pthread.h>

#define WORKERS 4

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t control_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t workers[WORKERS];
static int jobs, stop;

static void* worker(void* arg) {
  pthread_mutex_lock(&pool_lock);
  if (!stop) jobs++;
  pthread_mutex_unlock(&pool_lock);
  return arg;
}

int main(void) {
  for (int i = 0; i < WORKERS; ++i) pthread_create(&workers[i], NULL, worker, NULL);
  pthread_mutex_lock(&control_lock);
  pthread_mutex_lock(&pool_lock);
  stop = 1;
  pthread_mutex_unlock(&pool_lock);
  // expect-none@+1: wait-while-holding  also@+1: blocking-while-locked
  for (int i = 0; i < WORKERS; ++i) pthread_join(workers[i], NULL);
  pthread_mutex_unlock(&control_lock);
  return 0;
}
