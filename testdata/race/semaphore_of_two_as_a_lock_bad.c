// gridlock: mode=static
//
// A semaphore used as a lock, but initialised to two: two threads are inside at once.
#include <pthread.h>
#include <semaphore.h>

static sem_t slots;
static long tickets;

static void *sell(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) {
    sem_wait(&slots);
    ++tickets;  // expect: data-race
    sem_post(&slots);
  }
  return 0;
}

int main(void) {
  sem_init(&slots, 0, 2);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, sell, 0);
  pthread_create(&second, 0, sell, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
