// gridlock: mode=static,runtime  expect-none: data-race
// What stood in the slot that `head` has left is the taker's.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int *ring[4];
static unsigned head, count;

static void put(int *item) {
  pthread_mutex_lock(&lock);
  if (count < 4) ring[(head + count++) % 4] = item;
  pthread_mutex_unlock(&lock);
}

static int *get(void) {
  int *item = NULL;
  pthread_mutex_lock(&lock);
  if (count) {
    item = ring[head];
    head = (head + 1) % 4;
    count--;
  }
  pthread_mutex_unlock(&lock);
  return item;
}

static void *consume(void *arg) {
  int *item;
  while ((item = get())) {
    *item = -1;
    free(item);
  }
  return arg;
}

int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < 3; i++) {
    int *item = malloc(sizeof *item);
    *item = i;
    put(item);
  }
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, consume, 0);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  return 0;
}
