// gridlock: mode=static,runtime  expect-none: data-race
//
// A semaphore that starts at one is a lock.
#include <pthread.h>
#include <semaphore.h>

static sem_t lock;
static long tickets;

static void *sell(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) {
    sem_wait(&lock);
    ++tickets;
    sem_post(&lock);
  }
  return 0;
}

int main(void) {
  sem_init(&lock, 0, 1);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, sell, 0);
  pthread_create(&second, 0, sell, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return tickets == 2000 ? 0 : 1;
}
