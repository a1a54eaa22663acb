// gridlock: mode=static
//
// One of the callers forgets the lock that the callee expects.
#include "store.h"

static struct store store = {PTHREAD_MUTEX_INITIALIZER, 0, {0}};

static void *fill(void *argument) {
  (void)argument;
  for (int i = 0; i < 20; ++i) store_put(&store, i);
  store_put_locked(&store, -1);
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, fill, 0);
  pthread_create(&second, 0, fill, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return store_used(&store) > 0 ? 0 : 1;
}
