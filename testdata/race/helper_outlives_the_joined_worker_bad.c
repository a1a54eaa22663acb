// gridlock: mode=static
// The joined worker has started a helper that it never waited for.
#include <pthread.h>

static int done;

static void *help(void *arg) {
  done++;  // expect: data-race
  return arg;
}

static void *work(void *arg) {
  pthread_t helper;
  pthread_create(&helper, 0, help, 0);
  return arg;
}

int main(void) {
  pthread_t worker;
  pthread_create(&worker, 0, work, 0);
  pthread_join(worker, 0);
  done++;  // expect: data-race
  return 0;
}
