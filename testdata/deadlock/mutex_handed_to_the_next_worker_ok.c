// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle, deadlock, unlock-not-held
//
// A semaphore that starts at one is passed on by design: who finishes posts for the next, whoever took it.
// The workers take other locks meanwhile, in both orders with respect to it.
#include <pthread.h>
#include <semaphore.h>

#include "support/invisible_barrier.h"

static sem_t baton;
static pthread_mutex_t track = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* first_runner(void* argument) {
  sem_wait(&baton);
  pthread_mutex_lock(&track);
  pthread_mutex_unlock(&track);
  invisible_step_advance(&step);  // the second one takes over from here
  return argument;
}

static void* second_runner(void* argument) {
  invisible_step_await(&step, 1);
  pthread_mutex_lock(&track);
  sem_post(&baton);
  sem_wait(&baton);
  pthread_mutex_unlock(&track);
  sem_post(&baton);
  return argument;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  sem_init(&baton, 0, 1);
  pthread_create(&first, 0, first_runner, 0);
  pthread_create(&second, 0, second_runner, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
