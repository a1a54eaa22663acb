// gridlock: mode=runtime validate=none run-args=--timeout=5
//
// One thread holds stdout and wants the journal; the other holds the journal and prints, which takes the lock of
// stdout inside of libc, where no wrapper of a function sees it.
#include <pthread.h>
#include <stdio.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

static void *printer(void *argument) {
  flockfile(stdout);  // also: deadlock
  invisible_barrier_wait(&both);
  pthread_mutex_lock(&journal);  // expect: deadlock
  pthread_mutex_unlock(&journal);
  funlockfile(stdout);
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, printer, 0);
  pthread_mutex_lock(&journal);  // also: deadlock
  invisible_barrier_wait(&both);
  printf("%d\n", 1);  // expect: deadlock
  pthread_mutex_unlock(&journal);
  pthread_join(thread, 0);
  return 0;
}
