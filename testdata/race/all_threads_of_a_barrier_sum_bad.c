// gridlock: mode=static
// The twin of serial_thread_of_a_barrier_sums_ok.c: all but one of the threads sum.
#include <pthread.h>

static pthread_barrier_t barrier;
static int total;

static void *stage(void *arg) {
  if (pthread_barrier_wait(&barrier) != PTHREAD_BARRIER_SERIAL_THREAD) total += 1;  // expect: data-race
  return arg;
}

int main(void) {
  pthread_t threads[3];
  pthread_barrier_init(&barrier, 0, 3);
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, stage, 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  return total;
}
