// gridlock: mode=static
//
// Each of two managers hands its workers a slot of their own, but both managers the same slots.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { kWorkers = 4 };

static long done[kWorkers];

static void* work(void* argument) {
  long* mine = argument;
  *mine += 1;  // expect: data-race
  return NULL;
}

static void start_worker(pthread_t* thread, long* slot) {
  if (pthread_create(thread, NULL, work, slot) != 0) abort();
}

static void* manage(void* unused) {
  pthread_t threads[kWorkers];
  for (int i = 0; i < kWorkers; ++i) start_worker(&threads[i], &done[i]);
  for (int i = 0; i < kWorkers; ++i) pthread_join(threads[i], NULL);
  return unused;
}

int main(void) {
  pthread_t managers[2];
  for (int i = 0; i < 2; ++i) pthread_create(&managers[i], NULL, manage, NULL);
  for (int i = 0; i < 2; ++i) pthread_join(managers[i], NULL);
  printf("%ld\n", done[0]);
  return 0;
}
