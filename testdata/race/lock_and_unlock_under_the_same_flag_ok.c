// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released, unlock-not-held
//
// Correlated branches: the lock is optional, but taken and dropped under the same condition. The table that
// is shared always has one.
#include <pthread.h>

struct table {
  pthread_mutex_t *lock;
  int rows;
};

static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static struct table shared_table = {&shared_lock, 0};

static void insert(struct table *t) {
  if (t->lock) pthread_mutex_lock(t->lock);
  ++t->rows;
  if (t->lock) pthread_mutex_unlock(t->lock);
}

static void *worker(void *argument) {
  (void)argument;
  struct table own = {0, 0};
  for (int i = 0; i < 500; ++i) {
    insert(&shared_table);
    insert(&own);
  }
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, worker, 0);
  pthread_create(&second, 0, worker, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return shared_table.rows == 1000 ? 0 : 1;
}
