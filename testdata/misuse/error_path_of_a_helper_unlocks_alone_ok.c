// gridlock: mode=static,runtime  expect-none: unlock-not-held
// The twin of error_path_of_a_helper_unlocks_first_bad.c.
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
  if (check() < 0) return -1;
  opened++;
  pthread_mutex_unlock(&lock);
  return 0;
}

int main(void) {
  pthread_mutex_init(&lock, 0);
  return read_next() == 0;
}
