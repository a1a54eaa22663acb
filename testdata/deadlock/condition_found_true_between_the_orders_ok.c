// gridlock: mode=runtime
// expect-none: lock-order-cycle
// also: lock-order-cycle severity=note
//
// The loader takes both locks in one order and only then says that it is done; the reporter waits until it
// is, and takes them in the other. The loader is through before the reporter looks, who need not wait then:
// no wait, no wake-up.
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool loaded;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* loader(void* argument) {
  (void)argument;
  pthread_mutex_lock(&index_lock);
  pthread_mutex_lock(&cache_lock);
  pthread_mutex_unlock(&cache_lock);
  pthread_mutex_unlock(&index_lock);
  pthread_mutex_lock(&mutex);
  loaded = true;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  invisible_step_advance(&step);
  return NULL;
}

static void* reporter(void* argument) {
  (void)argument;
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&mutex);
  while (!loaded) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  pthread_mutex_lock(&cache_lock);
  pthread_mutex_lock(&index_lock);
  pthread_mutex_unlock(&index_lock);
  pthread_mutex_unlock(&cache_lock);
  return NULL;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, NULL, loader, NULL);
  pthread_create(&second, NULL, reporter, NULL);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return 0;
}
