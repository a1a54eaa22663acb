// gridlock: mode=static,runtime flags=-D_GNU_SOURCE validate=none
//
// The lock prefers writers: a second read lock of the same thread queues behind the writer, which waits for
// the first one.
#include <pthread.h>
#include <stddef.h>

#include "support/invisible_barrier.h"

static pthread_rwlock_t table;
static int rows;
static invisible_step step = INVISIBLE_STEP_INIT;

static int count_rows(void) {
  pthread_rwlock_rdlock(&table);  // expect: recursive-read via=static expect: deadlock via=runtime also: recursive-read
  int n = rows;
  pthread_rwlock_unlock(&table);
  return n;
}

static void *reader(void *argument) {
  (void)argument;
  pthread_rwlock_rdlock(&table);  // also: deadlock, recursive-read
  invisible_step_advance(&step);
  // The writer is waiting as soon as a try to read fails.
  while (pthread_rwlock_tryrdlock(&table) == 0) {
    pthread_rwlock_unlock(&table);
    invisible_yield();
  }
  int n = count_rows();  // also: recursive-read, deadlock
  pthread_rwlock_unlock(&table);
  return (void *)(long)n;
}

static void *writer(void *argument) {
  (void)argument;
  invisible_step_await(&step, 1);
  pthread_rwlock_wrlock(&table);  // expect: deadlock via=runtime also: recursive-read
  ++rows;
  pthread_rwlock_unlock(&table);
  return NULL;
}

int main(void) {
  pthread_rwlockattr_t attributes;
  pthread_rwlockattr_init(&attributes);
  pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  pthread_rwlock_init(&table, &attributes);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, NULL, reader, NULL);
  pthread_create(&second, NULL, writer, NULL);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return 0;
}
