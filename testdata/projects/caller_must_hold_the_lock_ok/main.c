// gridlock: mode=static,runtime  expect-none: data-race, inconsistent-guard
//
// The function that writes has no lock in sight, and lives in a unit of its own: its callers hold it, all of
// them.
#include "store.h"

static struct store store = {PTHREAD_MUTEX_INITIALIZER, 0, {0}};

static void *fill(void *argument) {
  (void)argument;
  for (int i = 0; i < 20; ++i) store_put(&store, i);
  pthread_mutex_lock(&store.lock);
  store_put_locked(&store, -1);
  pthread_mutex_unlock(&store.lock);
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, fill, 0);
  pthread_create(&second, 0, fill, 0);
  int seen = store_used(&store);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return store_used(&store) == 42 && seen <= 42 ? 0 : 1;
}
