// gridlock: mode=runtime validate=none
//
// Two semaphores that start at one are locks. Both orders went well this time, one after the other.
#include <pthread.h>
#include <semaphore.h>

#include "support/invisible_barrier.h"

static sem_t printer;
static sem_t scanner;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* copy(void* argument) {
  sem_wait(&printer);  // expect: lock-order-cycle
  sem_wait(&scanner);  // expect: lock-order-cycle
  sem_post(&scanner);
  sem_post(&printer);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* archive(void* argument) {
  invisible_step_await(&step, 1);
  sem_wait(&scanner);  // expect: lock-order-cycle
  sem_wait(&printer);  // expect: lock-order-cycle
  sem_post(&printer);
  sem_post(&scanner);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  sem_init(&printer, 0, 1);
  sem_init(&scanner, 0, 1);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, copy, 0);
  pthread_create(&second, 0, archive, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  sem_destroy(&printer);
  sem_destroy(&scanner);
  return 0;
}
