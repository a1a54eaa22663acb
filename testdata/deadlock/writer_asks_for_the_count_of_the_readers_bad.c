// gridlock: mode=runtime validate=none
//
// The first reader takes the semaphore for all of them, under the mutex of their count. The writer, who has
// the semaphore, asks for that mutex: when a reader comes just then, each waits for the other.
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#include "support/invisible_barrier.h"

static sem_t room_empty;
static pthread_mutex_t count_mutex = PTHREAD_MUTEX_INITIALIZER;
static int readers;
static long board;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* looks(void* argument) {
  pthread_mutex_lock(&count_mutex);           // expect: lock-order-cycle
  if (++readers == 1) sem_wait(&room_empty);  // expect: lock-order-cycle
  pthread_mutex_unlock(&count_mutex);
  *(long*)argument = board;
  pthread_mutex_lock(&count_mutex);  // also: lock-order-cycle
  if (--readers == 0) sem_post(&room_empty);
  pthread_mutex_unlock(&count_mutex);
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  return argument;
}

static void* writes(void* argument) {
  invisible_step_await(&step, 1);
  sem_wait(&room_empty);             // expect: lock-order-cycle
  pthread_mutex_lock(&count_mutex);  // expect: lock-order-cycle
  board += readers + 1;
  pthread_mutex_unlock(&count_mutex);
  sem_post(&room_empty);
  invisible_step_advance(&step);
  return argument;
}

int main(void) {
  long seen = 0;
  pthread_t reader, writer;
  sem_init(&room_empty, 0, 1);
  pthread_create(&reader, 0, looks, &seen);
  pthread_create(&writer, 0, writes, 0);
  pthread_join(reader, 0);
  pthread_join(writer, 0);
  printf("%ld\n", seen);
  sem_destroy(&room_empty);
  return 0;
}
