// gridlock: mode=static,runtime  expect-none: data-race
// Who takes the first of a list under its lock has it alone.
#include <pthread.h>
#include <stdlib.h>

struct work {
  char line[64];
  struct work *next;
};

static struct {
  pthread_mutex_t lock;
  struct work *head;
} pool = {PTHREAD_MUTEX_INITIALIZER, NULL};

static void *consume(void *arg) {
  for (;;) {
    pthread_mutex_lock(&pool.lock);
    struct work *work = pool.head;
    if (!work) {
      pthread_mutex_unlock(&pool.lock);
      return arg;
    }
    pool.head = work->next;
    pthread_mutex_unlock(&pool.lock);
    work->line[0] = 1;
    free(work);
  }
}

int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < 3; i++) {
    struct work *work = malloc(sizeof *work);
    work->next = pool.head;
    pool.head = work;
  }
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, consume, NULL);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return 0;
}
