// gridlock: mode=runtime validate=none run-args=--timeout=3
//
// The waiter was notified once and found too little; a thread that runs on for ever might notify again. It
// does not, but nobody can know: a stall, with the last notifier.
#include <pthread.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int items;
static int waits;

static void* produces(void* argument) {
  pthread_mutex_lock(&mutex);
  while (waits == 0) {
    pthread_mutex_unlock(&mutex);
    invisible_yield();
    pthread_mutex_lock(&mutex);
  }
  ++items;
  pthread_cond_signal(&changed);  // also: deadlock severity=note
  pthread_mutex_unlock(&mutex);
  for (;;) usleep(10000);
  return argument;
}

static void* consumes(void* argument) {
  pthread_mutex_lock(&mutex);
  while (items < 2) {
    waits = 1;
    pthread_cond_wait(&changed, &mutex);  // expect: deadlock severity=note
  }
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(void) {
  pthread_t producer, consumer;
  pthread_create(&consumer, 0, consumes, 0);
  pthread_create(&producer, 0, produces, 0);
  pthread_join(consumer, 0);
  return 0;
}
