// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// Main joins under the lock, but only when the worker has said that it needs the lock no more: by a condition
// in one case, by a semaphore in the other.
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t index_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static sem_t indexed;
static int done;

static void* fill(void* argument) {
  pthread_mutex_lock(&table);
  done = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&table);
  return argument;
}

static void* make_index(void* argument) {
  pthread_mutex_lock(&index_mutex);
  pthread_mutex_unlock(&index_mutex);
  sem_post(&indexed);
  return argument;
}

static void* look(void* argument) {
  if (pthread_mutex_trylock(&index_mutex) == 0) pthread_mutex_unlock(&index_mutex);
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_mutex_lock(&table);
  pthread_create(&thread, 0, fill, 0);
  while (!done) pthread_cond_wait(&changed, &table);
  pthread_join(thread, 0);
  pthread_mutex_unlock(&table);

  sem_init(&indexed, 0, 0);
  pthread_create(&thread, 0, make_index, 0);
  sem_wait(&indexed);
  pthread_mutex_lock(&index_mutex);
  pthread_join(thread, 0);
  pthread_create(&thread, 0, look, 0);
  pthread_join(thread, 0);
  pthread_mutex_unlock(&index_mutex);
  return 0;
}
