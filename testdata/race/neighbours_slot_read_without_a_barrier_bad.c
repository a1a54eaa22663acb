// gridlock: mode=static
// Each thread fills its own slot and reads the next one's, which may just be filled.
#include <pthread.h>

#define THREADS 4
static int own[THREADS], sum[THREADS];

static void *work(void *arg) {
  int me = (int)(long)arg;
  own[me] = me;                             // expect: data-race
  sum[me] = own[(me + 1) % THREADS] + me;  // expect: data-race
  return 0;
}

int main(void) {
  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, work, (void *)i);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
  return sum[0] != 1;
}
