// gridlock: mode=static,runtime  expect-none: destroy-locked, use-of-invalid-lock, lock-not-released
//
// Unlock, then destroy; and the same memory initialised again is a new lock.
#include <pthread.h>
#include <stdlib.h>

struct session {
  pthread_mutex_t lock;
  int requests;
};

static void session_close(struct session *s) {
  pthread_mutex_lock(&s->lock);
  s->requests = 0;
  pthread_mutex_unlock(&s->lock);
  pthread_mutex_destroy(&s->lock);
}

int main(void) {
  struct session *s = calloc(1, sizeof *s);
  for (int i = 0; i < 3; ++i) {
    pthread_mutex_init(&s->lock, NULL);
    session_close(s);
  }
  free(s);
  return 0;
}
