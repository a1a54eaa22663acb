// gridlock: mode=static  expect-none: data-race
//
// Each call makes the worker that its thread gets.
#include <pthread.h>
#include <stdlib.h>

struct worker {
  pthread_t thread;
  long sum;
};

static void* work(void* p) {
  struct worker* w = p;
  w->sum += 1;
  return NULL;
}

static struct worker* start(void) {
  struct worker* w = calloc(1, sizeof *w);
  if (pthread_create(&w->thread, NULL, work, w)) return NULL;
  return w;
}

int main(void) {
  struct worker* workers[3];
  for (int i = 0; i < 3; i++) {
    if (!(workers[i] = start())) return 1;
  }
  for (int i = 0; i < 3; i++) pthread_join(workers[i]->thread, NULL);
  return 0;
}
