// gridlock: mode=runtime validate=none  expect-none: livelock, deadlock  also: blocking-while-locked
//
// One thread polls a lock with another in its hands, a thousand times and more, while its owner works: busy,
// but the owner gets on, and so will the poller.
#include <pthread.h>
#include <time.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t device = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t screen = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* owner(void* argument) {
  const struct timespec time = {0, 600000000};
  pthread_mutex_lock(&device);
  invisible_step_advance(&step);
  nanosleep(&time, 0);
  pthread_mutex_unlock(&device);
  return argument;
}

static void* poller(void* argument) {
  invisible_step_await(&step, 1);
  for (int got = 0; !got;) {
    pthread_mutex_lock(&screen);
    got = pthread_mutex_trylock(&device) == 0;
    if (got) pthread_mutex_unlock(&device);
    pthread_mutex_unlock(&screen);
    invisible_yield();
  }
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, owner, 0);
  pthread_create(&second, 0, poller, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
