// gridlock: mode=static,runtime  expect-none: data-race
// Those that could be started are counted, and so many are joined.
#include <pthread.h>
#include <stdlib.h>

static void *work(void *arg) {
  *(int *)arg = 1;
  return 0;
}

static int run(int n, int *out) {
  pthread_t *threads = calloc((unsigned)n, sizeof *threads);
  int started = 0;
  for (int i = 0; i < n; i++)
    if (pthread_create(&threads[started], 0, work, out + i) == 0) started++;
  for (int i = 0; i < started; i++) pthread_join(threads[i], 0);
  free(threads);
  return started;
}

int main(void) {
  int out[4] = {0};
  run(4, out);
  return out[0] + out[3] == 1;
}
