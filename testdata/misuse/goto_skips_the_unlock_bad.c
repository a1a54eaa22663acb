// gridlock: mode=static,runtime
//
// Two error labels in the wrong order: the jump from inside the critical section lands behind the unlock.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int entries;

static int append(int n) {
  int result = -1;
  char *row = malloc(16);
  if (!row) goto out;
  pthread_mutex_lock(&lock);       // expect: lock-not-released
  if (n < 0) goto out;             // also: lock-not-released
  ++entries;
  result = 0;
  pthread_mutex_unlock(&lock);
out:
  free(row);
  return result;                   // also: lock-not-released  expect: lock-not-released via=static
}

int main(void) {
  append(1);
  append(-1);
  return 0;
}
