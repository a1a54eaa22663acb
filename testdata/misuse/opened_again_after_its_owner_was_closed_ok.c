// gridlock: mode=static,runtime  expect-none: use-of-invalid-lock
// The pool is closed and opened again, by functions, one of which does nothing when the pool is open; and another pool
// comes after it in the same place.
#include <pthread.h>
#include <stdlib.h>

struct pool {
  pthread_mutex_t lock;
  int open;
  int size;
};

static void pool_open(struct pool *p) {
  if (p->open) return;
  pthread_mutex_init(&p->lock, NULL);
  p->open = 1;
}

static void pool_close(struct pool *p) {
  if (!p->open) return;
  pthread_mutex_destroy(&p->lock);
  p->open = 0;
}

static int pool_size(struct pool *p) {
  pool_open(p);
  pthread_mutex_lock(&p->lock);
  int size = p->size;
  pthread_mutex_unlock(&p->lock);
  return size;
}

static void reset(struct pool *p) {
  pthread_mutex_destroy(&p->lock);
  pthread_mutex_init(&p->lock, NULL);
}

int main(void) {
  int size = 0;
  for (int i = 0; i < 3; ++i) {
    struct pool *p = calloc(1, sizeof *p);
    pool_open(p);
    pool_open(p);
    size += pool_size(p);
    reset(p);
    pool_close(p);
    size += pool_size(p);
    pool_close(p);
    free(p);
  }
  return size;
}
