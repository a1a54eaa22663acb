// gridlock: mode=static
//
// The pool is stopped under its lock: a worker that waits for that lock can never end, and the join waits for
// the worker.
#include <pthread.h>

#define WORKERS 4

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t workers[WORKERS];
static int jobs;

static void* worker(void* arg) {
  pthread_mutex_lock(&pool_lock);  // also: wait-while-holding
  jobs++;
  pthread_mutex_unlock(&pool_lock);
  return arg;
}

static void join_all(void) {
  for (int i = 0; i < WORKERS; ++i) pthread_join(workers[i], NULL);  // expect: wait-while-holding
}

int main(void) {
  for (int i = 0; i < WORKERS; ++i) pthread_create(&workers[i], NULL, worker, NULL);
  pthread_mutex_lock(&pool_lock);
  join_all();
  pthread_mutex_unlock(&pool_lock);
  return 0;
}
