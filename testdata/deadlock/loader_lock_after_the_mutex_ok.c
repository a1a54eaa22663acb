// gridlock: mode=runtime  expect-none: deadlock
//
// Both ask the dynamic loader with the mutex in their hands, and nobody takes it inside of the loader.
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;
static int count;

static int one_more(struct dl_phdr_info* info, size_t size, void* argument) {
  (void)info, (void)size, (void)argument;
  ++count;
  return 0;
}

static void* counts(void* argument) {
  for (int i = 0; i < 100; ++i) {
    pthread_mutex_lock(&names);
    dl_iterate_phdr(one_more, 0);
    pthread_mutex_unlock(&names);
  }
  return argument;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, counts, 0);
  pthread_create(&second, 0, counts, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
