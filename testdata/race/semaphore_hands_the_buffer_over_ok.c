// gridlock: mode=static,runtime  expect-none: data-race, lock-not-released, unlock-not-held
//
// Two semaphores pass one buffer back and forth: empty and full. Nobody holds a lock, and nothing races.
#include <pthread.h>
#include <semaphore.h>

static sem_t empty;
static sem_t full;
static int buffer;
static long total;

static void *produce(void *argument) {
  (void)argument;
  for (int i = 1; i <= 100; ++i) {
    sem_wait(&empty);
    buffer = i;
    sem_post(&full);
  }
  return 0;
}

static void *consume(void *argument) {
  (void)argument;
  for (int i = 1; i <= 100; ++i) {
    sem_wait(&full);
    total += buffer;
    sem_post(&empty);
  }
  return 0;
}

int main(void) {
  sem_init(&empty, 0, 1);
  sem_init(&full, 0, 0);
  pthread_t producer;
  pthread_t consumer;
  pthread_create(&producer, 0, produce, 0);
  pthread_create(&consumer, 0, consume, 0);
  pthread_join(producer, 0);
  pthread_join(consumer, 0);
  return total == 5050 ? 0 : 1;
}
