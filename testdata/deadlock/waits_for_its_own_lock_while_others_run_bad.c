// gridlock: mode=runtime validate=none run-args=--timeout=8
//
// The keeper takes its lock twice while a ticker runs on for ever: nobody can prove that the ticker will not
// release the lock, which it does not hold, but after a while it is as good as certain.
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t shelf = PTHREAD_MUTEX_INITIALIZER;

static void *ticker(void *argument) {
  (void)argument;
  for (;;) usleep(1000);
  return 0;
}

static void *keeper(void *argument) {
  (void)argument;
  pthread_mutex_lock(&shelf);  // also: self-deadlock
  pthread_mutex_lock(&shelf);  // expect: self-deadlock
  pthread_mutex_unlock(&shelf);
  return 0;
}

int main(void) {
  pthread_t tick;
  pthread_t keep;
  pthread_create(&tick, 0, ticker, 0);
  pthread_create(&keep, 0, keeper, 0);
  pthread_join(keep, 0);
  return 0;
}
