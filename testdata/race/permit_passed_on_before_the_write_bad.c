// gridlock: mode=static
// Two semaphores pass one permit to and fro, but the producer fills the buffer before it has it.
#include <pthread.h>
#include <semaphore.h>

static sem_t full, empty;
static int buffer;

static void *produce(void *arg) {
  for (int i = 0; i < 10; i++) {
    buffer = i;  // expect: data-race
    sem_wait(&empty);
    sem_post(&full);
  }
  return arg;
}

static void *consume(void *arg) {
  int sum = 0;
  for (int i = 0; i < 10; i++) {
    sem_wait(&full);
    sum += buffer;  // expect: data-race
    sem_post(&empty);
  }
  return sum > 40 ? arg : 0;
}

int main(void) {
  pthread_t producer, consumer;
  sem_init(&full, 0, 0);
  sem_init(&empty, 0, 1);
  pthread_create(&producer, 0, produce, 0);
  pthread_create(&consumer, 0, consume, 0);
  pthread_join(producer, 0);
  pthread_join(consumer, 0);
  return 0;
}
