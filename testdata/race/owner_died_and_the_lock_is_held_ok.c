// gridlock: mode=static,runtime flags=-D_GNU_SOURCE  expect-none: data-race, unlock-not-held
//
// EOWNERDEAD is no failure: the caller has the lock, and makes it consistent.
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int value;

static void *add(void *argument) {
  int error = pthread_mutex_lock(&lock);
  if (error == EOWNERDEAD) error = pthread_mutex_consistent(&lock);
  if (error != 0) return 0;
  ++value;
  pthread_mutex_unlock(&lock);
  return argument;
}

int main(void) {
  pthread_mutexattr_t robust;
  pthread_mutexattr_init(&robust);
  pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&lock, &robust);
  pthread_t first, second;
  pthread_create(&first, 0, add, 0);
  pthread_create(&second, 0, add, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return value == 2 ? 0 : 1;
}
