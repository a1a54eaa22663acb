// gridlock: mode=runtime validate=none  also: blocking-while-locked severity=note
//
// Sleeps with a lock in its hands that nobody else asks for meanwhile: worth a remark, no more.
#include <pthread.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int tries;

static void* connects(void* argument) {
  const struct timespec pause = {0, 50000000};
  pthread_mutex_lock(&mutex);
  ++tries;
  nanosleep(&pause, 0);
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, connects, 0);
  pthread_join(thread, 0);
  pthread_mutex_lock(&mutex);
  ++tries;
  pthread_mutex_unlock(&mutex);
  return tries != 2;
}
