// gridlock: mode=runtime validate=none run-args=--timeout=8
//
// The asker keeps the table's lock while it reads the answer from a pipe; the thread that would write it
// needs the lock first. Both ends of the pipe are in this process alone.
#include <pthread.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static int ends[2];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* asker(void* argument) {
  char answer;
  (void)argument;
  pthread_mutex_lock(&table);  // also: deadlock, blocking-while-locked
  invisible_step_advance(&step);
  if (read(ends[0], &answer, 1) != 1) return 0;  // expect: deadlock
  pthread_mutex_unlock(&table);
  return 0;
}

static void* answerer(void* argument) {
  (void)argument;
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&table);  // expect: deadlock
  pthread_mutex_unlock(&table);
  if (write(ends[1], "y", 1) != 1) return 0;
  return 0;
}

int main(void) {
  pthread_t threads[2];
  if (pipe(ends) != 0) return 1;
  pthread_create(&threads[0], 0, asker, 0);
  pthread_create(&threads[1], 0, answerer, 0);
  pthread_join(threads[0], 0);  // also: deadlock
  pthread_join(threads[1], 0);  // also: deadlock
  return 0;
}
