// gridlock: mode=static,runtime  expect-none: data-race
// The even and the odd slot of each thread are nobody else's.
#include <pthread.h>

#define THREADS 4
static int slots[2 * THREADS];

static void *work(void *arg) {
  long me = (long)arg;
  slots[2 * me] = 1;
  slots[2 * me + 1] = 2;
  return 0;
}

int main(void) {
  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, work, (void *)i);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
  return slots[3] != 2;
}
