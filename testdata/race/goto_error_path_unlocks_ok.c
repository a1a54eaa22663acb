// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released, unlock-not-held
//
// The kernel style: one way out, through a label that unlocks; correct on every path.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int used;
static int failures;

static int reserve(int n) {
  int result = -1;
  char *buffer = NULL;
  pthread_mutex_lock(&lock);
  if (used + n > 100) goto fail;
  buffer = malloc((size_t)n + 1);
  if (!buffer) goto fail;
  used += n;
  result = 0;
  goto out;
fail:
  ++failures;
out:
  pthread_mutex_unlock(&lock);
  free(buffer);
  return result;
}

static void *worker(void *argument) {
  (void)argument;
  for (int i = 0; i < 100; ++i) reserve(i % 5);
  return NULL;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, NULL, worker, NULL);
  pthread_create(&second, NULL, worker, NULL);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return used <= 100 ? 0 : 1;
}
