// gridlock: mode=runtime validate=none
//
// Named semaphores that start at one, taken in both orders, one after the other.
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static sem_t* spool;
static sem_t* archive;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* print(void* argument) {
  sem_wait(spool);    // expect: lock-order-cycle
  sem_wait(archive);  // expect: lock-order-cycle
  sem_post(archive);
  sem_post(spool);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* clean(void* argument) {
  invisible_step_await(&step, 1);
  sem_wait(archive);  // expect: lock-order-cycle
  sem_wait(spool);    // expect: lock-order-cycle
  sem_post(spool);
  sem_post(archive);
  invisible_step_advance(&step);
  return argument;
}

static sem_t* open_one(const char* what) {
  char name[64];
  snprintf(name, sizeof name, "/gridlock-%s-%d", what, (int)getpid());
  sem_t* semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
  sem_unlink(name);
  return semaphore;
}

int main(void) {
  spool = open_one("spool");
  archive = open_one("archive");
  if (spool == SEM_FAILED || archive == SEM_FAILED) return 1;
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, print, 0);
  pthread_create(&second, 0, clean, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
