// gridlock: mode=static,runtime  expect-none: data-race, unlock-not-held
// Whether there is a lock is settled before the threads start: where there is one, it is taken.
#include <pthread.h>

struct context {
  pthread_mutex_t *lock;
  long sum;
};

static void enter(struct context *c) {
  if (c->lock) pthread_mutex_lock(c->lock);
}

static void leave(struct context *c) {
  if (c->lock) pthread_mutex_unlock(c->lock);
}

static void *work(void *arg) {
  struct context *c = arg;
  enter(c);
  c->sum += 1;
  leave(c);
  return 0;
}

int main(void) {
  pthread_t threads[2];
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  struct context context = {&lock, 0};
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, work, &context);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  return context.sum != 2;
}
