// gridlock: mode=static
// The twin of joins_as_many_as_were_started_ok.c: the first half is joined.
#include <pthread.h>

static void *work(void *arg) {
  *(int *)arg += 1;  // expect: data-race
  return 0;
}

int main(void) {
  pthread_t threads[4];
  int out[4] = {0};
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, work, out + i);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  return out[3];  // expect: data-race
}
