// gridlock: mode=static,runtime
//
// A late statistics call locks a mutex that the shut-down has already destroyed.
#include <pthread.h>

static pthread_mutex_t lock;
static int calls;

static void statistics(void) {
  if (pthread_mutex_lock(&lock) != 0) return;  // expect: use-of-invalid-lock via=runtime expect-miss: use-of-invalid-lock via=static
  ++calls;
  pthread_mutex_unlock(&lock);  // also: use-of-invalid-lock
}

int main(void) {
  pthread_mutex_init(&lock, 0);
  statistics();
  pthread_mutex_destroy(&lock);  // also: use-of-invalid-lock
  statistics();
  return 0;
}
