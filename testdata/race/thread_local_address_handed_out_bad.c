// gridlock: mode=static
//
// A thread-local counter is private only as long as its address stays at home.
#include <pthread.h>
#include <stdlib.h>

static __thread long progress;
static __thread long scratch;

static void* work(void* arg) {
  long* shown = arg;
  scratch++;   // expect-none: data-race
  *shown = 1;  // expect: data-race
  return NULL;
}

int main(void) {
  pthread_t t;
  pthread_create(&t, NULL, work, &progress);
  scratch++;   // expect-none: data-race
  progress++;  // expect: data-race
  pthread_join(t, NULL);
  return 0;
}
