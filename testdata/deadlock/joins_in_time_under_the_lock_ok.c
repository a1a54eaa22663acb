// gridlock: mode=runtime flags=-D_GNU_SOURCE  expect-none: deadlock, lock-order-cycle  also: blocking-while-locked
//
// Looks for the end of the thread with the lock in its hands, but only tries, or for a while, by either
// clock.
#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int jobs;

static void* work(void* argument) {
  pthread_mutex_lock(&mutex);
  ++jobs;
  pthread_mutex_unlock(&mutex);
  return argument;
}

static struct timespec soon(clockid_t clock) {
  struct timespec until;
  clock_gettime(clock, &until);
  until.tv_nsec += 60000000;
  if (until.tv_nsec >= 1000000000) ++until.tv_sec, until.tv_nsec -= 1000000000;
  return until;
}

int main(void) {
  pthread_t worker;
  pthread_mutex_lock(&mutex);
  pthread_create(&worker, 0, work, 0);
  struct timespec until = soon(CLOCK_REALTIME);
  int wrong = pthread_tryjoin_np(worker, 0) != EBUSY;
  wrong += pthread_timedjoin_np(worker, 0, &until) != ETIMEDOUT;
  until = soon(CLOCK_MONOTONIC);
  wrong += pthread_clockjoin_np(worker, 0, CLOCK_MONOTONIC, &until) != ETIMEDOUT;
  pthread_mutex_unlock(&mutex);
  pthread_join(worker, 0);
  return wrong + jobs - 1;
}
