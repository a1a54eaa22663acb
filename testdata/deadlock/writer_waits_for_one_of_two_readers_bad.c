// gridlock: mode=runtime validate=none run-args=--timeout=8  also: lock-order-cycle
//
// Two threads read. One of them goes on, the other wants the mutex that the waiting writer has: that the lock
// has another reader, who works, helps nobody.
#include <pthread.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t index_mutex = PTHREAD_MUTEX_INITIALIZER;
static invisible_barrier all = INVISIBLE_BARRIER_INIT(3);

static void* works(void* argument) {
  pthread_rwlock_rdlock(&book);
  invisible_barrier_wait(&all);
  for (;;) usleep(10000);
  pthread_rwlock_unlock(&book);
  return argument;
}

static void* reads(void* argument) {
  pthread_rwlock_rdlock(&book);  // also: deadlock, lock-order-cycle
  invisible_barrier_wait(&all);
  pthread_mutex_lock(&index_mutex);  // expect: deadlock
  return argument;
}

static void* writes(void* argument) {
  pthread_mutex_lock(&index_mutex);  // also: deadlock, lock-order-cycle
  invisible_barrier_wait(&all);
  pthread_rwlock_wrlock(&book);  // expect: deadlock
  return argument;
}

int main(void) {
  pthread_t worker, reader, writer;
  pthread_create(&worker, 0, works, 0);
  pthread_create(&reader, 0, reads, 0);
  pthread_create(&writer, 0, writes, 0);
  pthread_join(reader, 0);  // also: deadlock
  pthread_join(writer, 0);
  return 0;
}
