// gridlock: mode=static
//
// Each thread has its number, but all except number 0 count their reports.
#include <pthread.h>

#define THREADS 4

static int reports;

static void* work(void* arg) {
  long rank = (long)arg;
  if (rank != 0) reports++;  // expect: data-race
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, work, (void*)i);
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  return reports != THREADS - 1;
}
