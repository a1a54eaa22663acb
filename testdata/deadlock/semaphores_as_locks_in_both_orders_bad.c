// gridlock: mode=runtime validate=none run-args=--timeout=3  also: lock-order-cycle
//
// Two semaphores that start at one are locks; both threads hold one and wait for the other.
#include <pthread.h>
#include <semaphore.h>

#include "support/invisible_barrier.h"

static sem_t printer;
static sem_t scanner;
static invisible_barrier both = INVISIBLE_BARRIER_INIT(2);

static void *copy(void *argument) {
  sem_wait(&printer);  // also: deadlock
  invisible_barrier_wait(&both);
  sem_wait(&scanner);  // expect: deadlock
  sem_post(&scanner);
  sem_post(&printer);
  return argument;
}

static void *archive(void *argument) {
  sem_wait(&scanner);  // also: deadlock
  invisible_barrier_wait(&both);
  sem_wait(&printer);  // expect: deadlock
  sem_post(&printer);
  sem_post(&scanner);
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
  return 0;
}
