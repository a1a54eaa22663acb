// gridlock: mode=runtime
// expect-none: lock-order-cycle
// also: lock-order-cycle severity=note
//
// The loader takes both locks in one order and only then posts; the reporter waits for the post before it
// takes them in the other. Whoever comes first, the two orders never meet.
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t loaded;

static void* loader(void* argument) {
  (void)argument;
  pthread_mutex_lock(&index_lock);
  pthread_mutex_lock(&cache_lock);
  pthread_mutex_unlock(&cache_lock);
  pthread_mutex_unlock(&index_lock);
  sem_post(&loaded);
  return NULL;
}

static void* reporter(void* argument) {
  (void)argument;
  sem_wait(&loaded);
  pthread_mutex_lock(&cache_lock);
  pthread_mutex_lock(&index_lock);
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
