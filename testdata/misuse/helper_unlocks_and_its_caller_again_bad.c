// gridlock: mode=static
//
// The check gives the lock back when it fails; its caller's way out does, too.
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
  int result = -1;
  pthread_mutex_lock(&lock);
  if (check() < 0) goto out;
  ++reads;
  result = 0;
out:
  pthread_mutex_unlock(&lock);  // expect: unlock-not-held
  return result;
}

int main(void) { return read_one() < 0 ? 0 : 1; }
