// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released, unlock-not-held
//
// Two layers of wrappers: the lock set of a function must carry over its return.
#include <pthread.h>

struct context {
  pthread_mutex_t mutex;
  int uses;
};

static struct context context = {PTHREAD_MUTEX_INITIALIZER, 0};

static void context_lock(struct context *c) { pthread_mutex_lock(&c->mutex); }
static void context_unlock(struct context *c) { pthread_mutex_unlock(&c->mutex); }

static struct context *context_enter(void) {
  context_lock(&context);
  return &context;
}

static void context_leave(struct context *c) { context_unlock(c); }

static void *work(void *argument) {
  (void)argument;
  for (int i = 0; i < 500; ++i) {
    struct context *c = context_enter();
    ++c->uses;
    context_leave(c);
  }
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, work, 0);
  pthread_create(&second, 0, work, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return context.uses == 1000 ? 0 : 1;
}
