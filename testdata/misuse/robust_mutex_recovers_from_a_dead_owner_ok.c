// gridlock: mode=runtime flags=-D_GNU_SOURCE  expect-none: deadlock, unlock-not-held, lock-order-cycle
//
// The owner ends with a robust mutex in hand; the next one gets EOWNERDEAD, which is an acquisition, makes the
// state good again, and unlocks.
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int value;

static void *dies(void *argument) {
  (void)argument;
  pthread_mutex_lock(&lock);  // also: lock-not-released
  value = 1;
  return 0;  // also: lock-not-released
}

int main(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&lock, &attributes);
  pthread_t thread;
  pthread_create(&thread, 0, dies, 0);
  pthread_join(thread, 0);
  if (pthread_mutex_lock(&lock) == EOWNERDEAD) pthread_mutex_consistent(&lock);
  value = 2;
  pthread_mutex_unlock(&lock);
  pthread_mutex_lock(&lock);
  pthread_mutex_unlock(&lock);
  pthread_mutex_destroy(&lock);
  return value == 2 ? 0 : 1;
}
