// gridlock: mode=static,runtime validate=none
//
// A worker returns from an error path with the lock in hand; the next one waits for a thread that is gone.
#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int parsed;

static void *parse(void *text) {
  pthread_mutex_lock(&mutex);  // expect: lock-not-released also: deadlock
  if (((const char *)text)[0] == '\0') return NULL;  // also: lock-not-released
  ++parsed;
  pthread_mutex_unlock(&mutex);
  return NULL;
}

int main(void) {
  pthread_t worker;
  pthread_create(&worker, NULL, parse, "");
  pthread_join(worker, NULL);
  pthread_create(&worker, NULL, parse, "text");
  pthread_join(worker, NULL);  // also: deadlock
  return 0;
}
