// gridlock: mode=static,runtime flags=-D_GNU_SOURCE
//
// The wait is called without the mutex. (It is timed, so that the run ends by itself.)
#include <pthread.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ready;

static int wait_ready(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    ++until.tv_sec;
  }
  while (!ready) {
    if (pthread_cond_timedwait(&changed, &lock, &until) != 0) break;  // expect: wrong-mutex
  }
  return ready;
}

int main(void) { return wait_ready(); }
