// gridlock: mode=static,runtime  expect-none: unlock-not-held, lock-not-released, deadlock
//
// A semaphore belongs to nobody: waiting here and posting there is what it is for.
#include <pthread.h>
#include <semaphore.h>

static sem_t ready;

static void *worker(void *argument) {
  (void)argument;
  sem_post(&ready);
  return 0;
}

int main(void) {
  pthread_t thread;
  sem_init(&ready, 0, 0);
  pthread_create(&thread, 0, worker, 0);
  sem_wait(&ready);
  pthread_join(thread, 0);
  sem_destroy(&ready);
  return 0;
}
