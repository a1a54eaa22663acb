// gridlock: mode=runtime flags=-D_GNU_SOURCE  expect-none: self-deadlock, deadlock
//
// An error-checking mutex answers EDEADLK instead of hanging, and the program looks at the answer: this is
// what the kind is for.
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static int depth;

static int enter(void) {
  int error = pthread_mutex_lock(&mutex);  // also: self-deadlock severity=note
  if (error == EDEADLK) return 0;          // ours already
  ++depth;
  return 1;
}

int main(void) {
  int outer = enter();
  int inner = enter();
  if (inner) pthread_mutex_unlock(&mutex);
  if (outer) pthread_mutex_unlock(&mutex);
  return outer == 1 && inner == 0 ? 0 : 1;
}
