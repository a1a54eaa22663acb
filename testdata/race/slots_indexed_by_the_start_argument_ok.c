// gridlock: mode=static,runtime  expect-none: data-race
//
// Each worker gets its own element of an array as its argument, and touches only that.
#include <pthread.h>

#define WORKERS 4

struct slot {
  int id;
  long done;
};

static struct slot slots[WORKERS];

static void *work(void *argument) {
  struct slot *mine = argument;
  for (int i = 0; i < 1000; ++i) mine->done += mine->id;
  return 0;
}

int main(void) {
  pthread_t threads[WORKERS];
  for (int i = 0; i < WORKERS; ++i) {
    slots[i].id = i;
    pthread_create(&threads[i], 0, work, &slots[i]);
  }
  long total = 0;
  for (int i = 0; i < WORKERS; ++i) {
    pthread_join(threads[i], 0);
    total += slots[i].done;
  }
  return total == 6000 ? 0 : 1;
}
