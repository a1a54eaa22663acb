// gridlock: mode=runtime  expect-none: deadlock  also: blocking-while-locked
//
// The writer has the mutex and waits for two readers. One works, the other one asks for nothing that the
// writer has.
#include <pthread.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t index_mutex = PTHREAD_MUTEX_INITIALIZER;
static invisible_barrier all = INVISIBLE_BARRIER_INIT(3);

static void* reads(void* argument) {
  pthread_rwlock_rdlock(&book);
  invisible_barrier_wait(&all);
  usleep(300000);
  pthread_rwlock_unlock(&book);
  return argument;
}

static void* writes(void* argument) {
  pthread_mutex_lock(&index_mutex);
  invisible_barrier_wait(&all);
  pthread_rwlock_wrlock(&book);
  pthread_rwlock_unlock(&book);
  pthread_mutex_unlock(&index_mutex);
  return argument;
}

int main(void) {
  pthread_t first, second, writer;
  pthread_create(&first, 0, reads, 0);
  pthread_create(&second, 0, reads, 0);
  pthread_create(&writer, 0, writes, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  pthread_join(writer, 0);
  return 0;
}
