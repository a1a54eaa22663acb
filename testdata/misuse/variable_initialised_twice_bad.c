// gridlock: mode=runtime validate=none
//
// The reset initialises a lock again that is in use, as if that emptied it.
#include <pthread.h>

static pthread_mutex_t mutex;
static int uses;

static void reset(void) {
  uses = 0;
  pthread_mutex_init(&mutex, 0);  // expect: use-of-invalid-lock
}

static void use(void) {
  pthread_mutex_lock(&mutex);
  ++uses;
  pthread_mutex_unlock(&mutex);
}

int main(void) {
  pthread_mutex_init(&mutex, 0);  // also: use-of-invalid-lock
  use();
  reset();
  use();
  pthread_mutex_destroy(&mutex);
  return uses - 1;
}
