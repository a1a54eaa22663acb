// gridlock: mode=runtime validate=none
//
// Two producers put jobs into one queue and notify the same worker. That one of them put its job there before
// the other orders nothing: what the first did before, and the second does after, may happen at the same
// time.
#include <pthread.h>
#include <stddef.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int jobs;
static invisible_step step = INVISIBLE_STEP_INIT;

static void put(void) {
  pthread_mutex_lock(&queue_lock);
  ++jobs;
  pthread_cond_signal(&filled);
  pthread_mutex_unlock(&queue_lock);
}

static void* indexer(void* argument) {
  (void)argument;
  pthread_mutex_lock(&index_lock);  // also: lock-order-cycle
  pthread_mutex_lock(&cache_lock);  // expect: lock-order-cycle
  pthread_mutex_unlock(&cache_lock);
  pthread_mutex_unlock(&index_lock);
  put();
  invisible_step_advance(&step);
  return NULL;
}

static void* cleaner(void* argument) {
  (void)argument;
  invisible_step_await(&step, 1);
  put();
  pthread_mutex_lock(&cache_lock);  // also: lock-order-cycle
  pthread_mutex_lock(&index_lock);  // expect: lock-order-cycle
  pthread_mutex_unlock(&index_lock);
  pthread_mutex_unlock(&cache_lock);
  return NULL;
}

static void* worker(void* argument) {
  (void)argument;
  for (int done = 0; done < 2; ++done) {
    pthread_mutex_lock(&queue_lock);
    while (jobs == 0) pthread_cond_wait(&filled, &queue_lock);
    --jobs;
    pthread_mutex_unlock(&queue_lock);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[3];
  pthread_create(&threads[0], NULL, indexer, NULL);
  pthread_create(&threads[1], NULL, cleaner, NULL);
  pthread_create(&threads[2], NULL, worker, NULL);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  return 0;
}
