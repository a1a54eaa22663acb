// gridlock: mode=static
// The helper unlocks before it says that it failed; the caller then unlocks once more.
#include <pthread.h>

static pthread_mutex_t lock;
static int opened;

static int check(void) {
  if (!opened) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  return 0;
}

static int read_next(void) {
  pthread_mutex_lock(&lock);
  if (check() < 0) goto out;
  opened++;
out:
  pthread_mutex_unlock(&lock);  // expect: unlock-not-held
  return 0;
}

int main(void) {
  pthread_mutex_init(&lock, 0);
  return read_next();
}
