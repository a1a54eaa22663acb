// gridlock: mode=static,runtime
//
// Two modules share a mutex and each initialises it; the second time it is held.
#include <pthread.h>

static pthread_mutex_t lock;
static int users;

static void module_init(void) {
  pthread_mutex_init(&lock, 0);  // expect: use-of-invalid-lock
  ++users;
}

int main(void) {
  module_init();
  pthread_mutex_lock(&lock);  // also: use-of-invalid-lock, lock-not-released
  module_init();
  pthread_mutex_unlock(&lock);  // also: unlock-not-held
  return 0;
}
