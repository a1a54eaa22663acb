// gridlock: mode=runtime validate=none run-args=--timeout=8
//
// One thread holds the lock of the journal's file and asks for the table's mutex, the other the other way
// round. Each opens the file for itself: flock keeps them apart.
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static char journal[] = "/tmp/journal-XXXXXX";
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

static void* writer(void* argument) {
  const int file = open(journal, O_RDWR);
  (void)argument;
  flock(file, LOCK_EX);  // also: deadlock
  invisible_barrier_wait(&both);
  pthread_mutex_lock(&table);  // expect: deadlock
  pthread_mutex_unlock(&table);
  flock(file, LOCK_UN);
  close(file);
  return 0;
}

static void* flusher(void* argument) {
  const int file = open(journal, O_RDWR);
  (void)argument;
  pthread_mutex_lock(&table);  // also: deadlock
  invisible_barrier_wait(&both);
  unlink(journal);
  flock(file, LOCK_EX);  // expect: deadlock
  flock(file, LOCK_UN);
  pthread_mutex_unlock(&table);
  close(file);
  return 0;
}

int main(void) {
  pthread_t threads[2];
  close(mkstemp(journal));
  pthread_create(&threads[0], 0, writer, 0);
  pthread_create(&threads[1], 0, flusher, 0);
  pthread_join(threads[0], 0);
  pthread_join(threads[1], 0);
  return 0;
}
