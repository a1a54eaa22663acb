// gridlock: mode=static,runtime  expect-none: use-of-invalid-lock
// Counters start as copies of a template, whose lock nobody takes, or get a lock of their own after the copy.
#include <pthread.h>

struct counter {
  pthread_mutex_t lock;
  long n;
};

static const struct counter fresh = {PTHREAD_MUTEX_INITIALIZER, 0};

static void count(struct counter *c) {
  pthread_mutex_lock(&c->lock);
  ++c->n;
  pthread_mutex_unlock(&c->lock);
}

int main(void) {
  struct counter first = fresh;
  count(&first);
  struct counter second = first;
  pthread_mutex_init(&second.lock, NULL);
  count(&second);
  pthread_mutex_destroy(&second.lock);
  return (int)(first.n + second.n) - 3;
}
