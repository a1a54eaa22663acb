// gridlock: mode=static
// The worker counts on a copy of the counter, and so under a copy of its lock.
#include <pthread.h>
#include <string.h>

struct counter {
  pthread_mutex_t lock;
  long n;
};

static struct counter all = {PTHREAD_MUTEX_INITIALIZER, 0};

static void count(struct counter *c) {
  pthread_mutex_lock(&c->lock);  // also: use-of-invalid-lock
  ++c->n;                        // also: data-race
  pthread_mutex_unlock(&c->lock);
}

static void *worker(void *unused) {
  struct counter mine;
  memcpy(&mine, &all, sizeof mine);  // expect: use-of-invalid-lock  also: data-race
  count(&mine);
  count(&all);
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, worker, NULL);
  count(&all);
  pthread_join(thread, NULL);
  return 0;
}
