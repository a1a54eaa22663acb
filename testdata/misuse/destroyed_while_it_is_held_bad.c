// gridlock: mode=static,runtime
//
// The session is torn down between lock and unlock.
#include <pthread.h>
#include <stdlib.h>

struct session {
  pthread_mutex_t lock;
  int requests;
};

static void session_free(struct session *s) {
  pthread_mutex_destroy(&s->lock);  // expect: destroy-locked
  free(s);
}

static void session_close(struct session *s) {
  pthread_mutex_lock(&s->lock);  // also: destroy-locked, lock-not-released
  s->requests = 0;
  session_free(s);  // also: destroy-locked
}

int main(void) {
  struct session *s = calloc(1, sizeof *s);
  pthread_mutex_init(&s->lock, NULL);
  session_close(s);
  return 0;
}
