// gridlock: mode=static  expect-none: unlock-not-held, lock-not-released
//
// The check gives the lock back when it fails, and then its caller does not.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int is_open, reads;

static int check(void) {
  if (!is_open) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  return 0;
}

static int read_one(void) {
  pthread_mutex_lock(&lock);
  if (check() < 0) return -1;
  ++reads;
  pthread_mutex_unlock(&lock);
  return 0;
}

int main(void) { return read_one() < 0 ? 0 : 1; }
