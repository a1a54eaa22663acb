// gridlock: mode=runtime validate=none run-args=--timeout=8
//
// The dynamic loader keeps its lock while it shows the loaded libraries. One thread takes the mutex in there,
// the other one asks the loader with the mutex in its hands.
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stddef.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);
static int count;

static int inside(struct dl_phdr_info* info, size_t size, void* argument) {
  (void)info, (void)size, (void)argument;
  invisible_barrier_wait(&both);
  pthread_mutex_lock(&names);  // expect: deadlock
  ++count;
  pthread_mutex_unlock(&names);
  return 1;
}

static int one_more(struct dl_phdr_info* info, size_t size, void* argument) {
  (void)info, (void)size, (void)argument;
  return ++count;
}

static void* lists(void* argument) {
  dl_iterate_phdr(inside, 0);  // also: deadlock
  return argument;
}

static void* counts(void* argument) {
  pthread_mutex_lock(&names);  // also: deadlock
  invisible_barrier_wait(&both);
  dl_iterate_phdr(one_more, 0);  // expect: deadlock
  pthread_mutex_unlock(&names);
  return argument;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, lists, 0);
  pthread_create(&second, 0, counts, 0);
  pthread_join(first, 0);   // also: deadlock
  pthread_join(second, 0);  // also: deadlock
  return 0;
}
