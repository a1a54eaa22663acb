// gridlock: mode=static
//
// The twin of started_by_a_wrapper_with_its_own_slot_ok: the helper gives the first slot to all of them.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { kWorkers = 4 };

struct worker {
  pthread_t thread;
  long done;
};

static struct worker* workers;

static void* work(void* argument) {
  struct worker* me = argument;
  for (int i = 0; i < 16; ++i) me->done += i;  // expect: data-race
  return NULL;
}

static void start_worker(void* (*run)(void*), struct worker* worker) {
  if (pthread_create(&worker->thread, NULL, run, &workers[0]) != 0) abort();
}

int main(void) {
  workers = calloc(kWorkers, sizeof *workers);
  if (workers == NULL) return 1;
  for (int i = 0; i < kWorkers; ++i) start_worker(work, &workers[i]);
  for (int i = 0; i < kWorkers; ++i) pthread_join(workers[i].thread, NULL);
  printf("%ld\n", workers[0].done);
  free(workers);
  return 0;
}
