// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// The pool starts its worker with the pool's lock in its hands, and takes the control lock under it. The
// worker takes them the other way round, but only after its first turn at the pool's lock: then the start is
// over.
#include <pthread.h>

static pthread_mutex_t pool = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER;
static int workers;

static void* work(void* argument) {
  pthread_mutex_lock(&pool);
  ++workers;
  pthread_mutex_unlock(&pool);
  pthread_mutex_lock(&control);
  pthread_mutex_lock(&pool);
  --workers;
  pthread_mutex_unlock(&pool);
  pthread_mutex_unlock(&control);
  return argument;
}

int main(void) {
  pthread_t worker;
  pthread_mutex_lock(&pool);
  pthread_create(&worker, 0, work, 0);
  pthread_mutex_lock(&control);
  pthread_mutex_unlock(&control);
  pthread_mutex_unlock(&pool);
  pthread_join(worker, 0);
  return workers;
}
