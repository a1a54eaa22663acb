// gridlock: mode=static,runtime  expect-none: lock-order-cycle, deadlock  also: lock-order-cycle
// severity=note
//
// The first reader takes the semaphore for all of them, under the mutex of their count, and the last one
// gives it back. A reader that comes while others read does not ask for the semaphore: the count says so.
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#include "support/invisible_barrier.h"

static sem_t room_empty;
static pthread_mutex_t count_mutex = PTHREAD_MUTEX_INITIALIZER;
static int readers;
static long board;
static invisible_step step = INVISIBLE_STEP_INIT;

static long look(void) {
  pthread_mutex_lock(&count_mutex);
  if (++readers == 1) sem_wait(&room_empty);
  pthread_mutex_unlock(&count_mutex);
  const long seen = board;  // expect-false-alarm: data-race via=static
  pthread_mutex_lock(&count_mutex);
  if (--readers == 0) sem_post(&room_empty);
  pthread_mutex_unlock(&count_mutex);
  return seen;
}

static void* morning(void* argument) {
  *(long*)argument = look();
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* evening(void* argument) {
  invisible_step_await(&step, 1);
  *(long*)argument = look();
  invisible_step_advance(&step);
  return argument;
}

static void* writes(void* argument) {
  sem_wait(&room_empty);
  ++board;
  sem_post(&room_empty);
  return argument;
}

int main(void) {
  long seen[2];
  pthread_t first, second, writer;
  sem_init(&room_empty, 0, 1);
  pthread_create(&first, 0, morning, &seen[0]);
  pthread_create(&second, 0, evening, &seen[1]);
  pthread_create(&writer, 0, writes, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  pthread_join(writer, 0);
  printf("%ld\n", seen[0] + seen[1]);
  sem_destroy(&room_empty);
  return 0;
}
