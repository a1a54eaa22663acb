// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// The same two orders, but the initialiser ran before any thread was started: it is never waited for.
#include <pthread.h>

static pthread_once_t tables = PTHREAD_ONCE_INIT;
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;

static void fill(void) {
  pthread_mutex_lock(&registry);
  pthread_mutex_unlock(&registry);
}

static void* writer(void* argument) {
  pthread_mutex_lock(&registry);
  pthread_once(&tables, fill);
  pthread_mutex_unlock(&registry);
  return argument;
}

int main(void) {
  pthread_once(&tables, fill);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, writer, 0);
  pthread_create(&second, 0, writer, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
