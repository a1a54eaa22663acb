// gridlock: mode=static
//
// Each thread has its number; what only number 0 does is done by one thread.
#include <pthread.h>
#include <stdio.h>

#define THREADS 4

static double total;
static int reports;

static void report(void) { reports++; }  // expect-none: data-race

static void* work(void* arg) {
  long rank = (long)arg;
  if (rank == 0) {
    total += 1.5;  // expect-none: data-race
    report();
  }
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, work, (void*)i);
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  printf("%g %d\n", total, reports);
  return 0;
}
