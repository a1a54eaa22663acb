// gridlock: mode=static  expect-none: data-race
//
// A buffer is out of the free list from get() to put().
#include <pthread.h>
#include <stdlib.h>
struct buf {
  int n;
  struct buf* next;
};
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static struct buf* freelist;
static struct buf* get(void) {
  pthread_mutex_lock(&mu);
  struct buf* b = freelist;
  if (b) freelist = b->next;
  pthread_mutex_unlock(&mu);
  if (!b) b = malloc(sizeof *b);
  b->n = 0;
  return b;
}
static void put(struct buf* b) {
  pthread_mutex_lock(&mu);
  b->next = freelist;
  freelist = b;
  pthread_mutex_unlock(&mu);
}
static void* worker(void* a) {
  for (int i = 0; i < 9; i++) {
    struct buf* b = get();
    b->n = 5;
    put(b);
  }
  return a;
}
int main(void) {
  pthread_t t[2];
  for (int i = 0; i < 2; i++) pthread_create(&t[i], 0, worker, 0);
  for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
  return 0;
}
