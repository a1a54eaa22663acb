// gridlock: mode=runtime validate=none
//
// The loader posts first and takes both locks then: the reporter, who waits for the post, may take them in
// the other order at the same time.
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t loaded;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* loader(void* argument) {
  (void)argument;
  sem_post(&loaded);
  pthread_mutex_lock(&index_lock);  // also: lock-order-cycle
  pthread_mutex_lock(&cache_lock);  // expect: lock-order-cycle
  pthread_mutex_unlock(&cache_lock);
  pthread_mutex_unlock(&index_lock);
  invisible_step_advance(&step);
  return NULL;
}

static void* reporter(void* argument) {
  (void)argument;
  sem_wait(&loaded);
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&cache_lock);  // also: lock-order-cycle
  pthread_mutex_lock(&index_lock);  // expect: lock-order-cycle
  pthread_mutex_unlock(&index_lock);
  pthread_mutex_unlock(&cache_lock);
  return NULL;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  sem_init(&loaded, 0, 0);
  pthread_create(&first, NULL, loader, NULL);
  pthread_create(&second, NULL, reporter, NULL);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return 0;
}
