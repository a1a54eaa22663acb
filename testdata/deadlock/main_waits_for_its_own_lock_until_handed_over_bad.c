// gridlock: mode=runtime
// expect-none: self-deadlock
//
// Main takes its mutex twice to wait for a sign, and the worker "releases" it, long after main has gone to
// sleep. Against the rules, which is told, but it works: nobody may end this program.
#include <pthread.h>

static pthread_mutex_t sign = PTHREAD_MUTEX_INITIALIZER;
static volatile long sum;

// Half a second or so of work; never sleeps.
static void work(void) {
  for (long i = 0; i < 150000000; ++i) sum += i;
}

static void *worker(void *argument) {
  (void)argument;
  work();
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
