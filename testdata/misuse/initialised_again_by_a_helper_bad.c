// gridlock: mode=static
// A reset function initialises the lock of a table that is in use.
#include <pthread.h>

static pthread_mutex_t lock;
static int entries;

static void reset(void) {
  pthread_mutex_init(&lock, NULL);  // expect: use-of-invalid-lock
  entries = 0;
}

int main(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_mutex_lock(&lock);
  ++entries;
  pthread_mutex_unlock(&lock);
  reset();  // also: use-of-invalid-lock
  pthread_mutex_lock(&lock);
  ++entries;
  pthread_mutex_unlock(&lock);
  return 0;
}
