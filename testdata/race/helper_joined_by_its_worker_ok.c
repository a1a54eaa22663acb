// gridlock: mode=static,runtime  expect-none: data-race
// The twin of helper_outlives_the_joined_worker_bad.c: who joins the worker has waited for the helper, too.
#include <pthread.h>

static int done;

static void *help(void *arg) {
  done++;
  return arg;
}

static void *work(void *arg) {
  pthread_t helper;
  pthread_create(&helper, 0, help, 0);
  pthread_join(helper, 0);
  pthread_exit(arg);
}

int main(void) {
  pthread_t worker;
  pthread_create(&worker, 0, work, 0);
  pthread_join(worker, 0);
  done++;
  return done != 2;
}
