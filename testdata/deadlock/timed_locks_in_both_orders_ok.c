// gridlock: mode=static,runtime flags=-D_GNU_SOURCE  expect-none: lock-order-cycle, deadlock  also: lock-order-cycle severity=note
//
// Both orders, but every second lock gives up after a while and starts over: it ends in a time-out, never in
// a deadlock. A note may say so.
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static long passed;

static void pass(pthread_mutex_t *first, pthread_mutex_t *second) {
  for (int done = 0; done < 50;) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 2000000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      ++until.tv_sec;
    }
    pthread_mutex_lock(first);
    if (pthread_mutex_clocklock(second, CLOCK_MONOTONIC, &until) == 0) {
      ++passed;
      ++done;
      pthread_mutex_unlock(second);
    }
    pthread_mutex_unlock(first);
  }
}

static void *eastward(void *argument) {
  (void)argument;
  pass(&left, &right);
  return NULL;
}

static void *westward(void *argument) {
  (void)argument;
  pass(&right, &left);
  return NULL;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, NULL, eastward, NULL);
  pthread_create(&second, NULL, westward, NULL);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return 0;
}
