// gridlock: mode=runtime
// expect-none: self-deadlock
//
// Main takes its mutex twice to wait for a sign that takes longer than any patience: a worker that is busy
// for four seconds "releases" it. Against the rules, which is told, but nobody may end a program that lives
// on it.
#include <pthread.h>
#include <time.h>

static pthread_mutex_t sign = PTHREAD_MUTEX_INITIALIZER;

static void* worker(void* argument) {
  (void)argument;
  const struct timespec busy = {4, 0};
  nanosleep(&busy, 0);
  pthread_mutex_unlock(&sign);  // expect: unlock-not-held
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_mutex_lock(&sign);
  pthread_create(&thread, 0, worker, 0);
  pthread_mutex_lock(&sign);
  pthread_join(thread, 0);
  pthread_mutex_unlock(&sign);
  return 0;
}
