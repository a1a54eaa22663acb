// gridlock: mode=static,runtime  expect-none: data-race
// A robust lock is held also where it says that its owner has died.
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int value;

static void *work(void *arg) {
  int rc = pthread_mutex_lock(&lock);
  if (rc == EOWNERDEAD) {
    pthread_mutex_consistent(&lock);
    rc = 0;
  }
  if (rc) return arg;
  value++;
  pthread_mutex_unlock(&lock);
  return arg;
}

int main(void) {
  pthread_mutexattr_t attributes;
  pthread_t a, b;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&lock, &attributes);
  pthread_create(&a, 0, work, 0);
  pthread_create(&b, 0, work, 0);
  pthread_join(a, 0);
  pthread_join(b, 0);
  return value != 2;
}
