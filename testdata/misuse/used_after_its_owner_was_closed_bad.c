// gridlock: mode=static,runtime
// The pool is asked for its size once more after it was closed: the lock is gone. Closing and asking are functions.
#include <pthread.h>
#include <stdlib.h>

struct pool {
  pthread_mutex_t lock;
  int size;
};

static void pool_close(struct pool *p) { pthread_mutex_destroy(&p->lock); }

static int pool_size(struct pool *p) {
  pthread_mutex_lock(&p->lock);  // expect: use-of-invalid-lock
  int size = p->size;
  pthread_mutex_unlock(&p->lock);  // also: unlock-not-held
  return size;
}

int main(void) {
  struct pool *p = calloc(1, sizeof *p);
  pthread_mutex_init(&p->lock, NULL);
  int size = pool_size(p);
  pool_close(p);
  size += pool_size(p);  // also: use-of-invalid-lock
  free(p);
  return size;
}
