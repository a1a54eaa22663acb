// gridlock: mode=static,runtime
//
// A helper starts the workers, and is called in a loop with another slot each time: each worker has its own.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { kWorkers = 4 };

struct worker {
  pthread_t thread;
  long* scratch;
  long done;
};

static void* work(void* argument) {
  struct worker* me = argument;
  me->scratch = calloc(16, sizeof *me->scratch);  // expect-none: data-race
  if (me->scratch == NULL) return NULL;
  for (int i = 0; i < 16; ++i) me->scratch[i] = i;
  me->done = me->scratch[15];  // expect-none: data-race
  free(me->scratch);
  return NULL;
}

static void start_worker(void* (*run)(void*), struct worker* worker) {
  if (pthread_create(&worker->thread, NULL, run, worker) != 0) abort();
}

int main(void) {
  struct worker* workers = calloc(kWorkers, sizeof *workers);
  if (workers == NULL) return 1;
  for (int i = 0; i < kWorkers; ++i) start_worker(work, &workers[i]);
  for (int i = 0; i < kWorkers; ++i) pthread_join(workers[i].thread, NULL);
  printf("%ld\n", workers[0].done);
  free(workers);
  return 0;
}
