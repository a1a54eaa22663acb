// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock, wait-while-holding, lost-wakeup  also: lock-order-cycle severity=note
//
// The waiter lets one less in than there are forks.
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#define N 5
static pthread_mutex_t forks[N];
static sem_t room;
static void* philosopher(void* p) {
  int id = *(int*)p;
  for (int i = 0; i < 10; i++) {
    sem_wait(&room);
    pthread_mutex_lock(&forks[id]);
    pthread_mutex_lock(&forks[(id + 1) % N]);
    pthread_mutex_unlock(&forks[(id + 1) % N]);
    pthread_mutex_unlock(&forks[id]);
    sem_post(&room);
  }
  return NULL;
}
int main(void) {
  pthread_t t[N];
  int ids[N];
  sem_init(&room, 0, N - 1);
  for (int i = 0; i < N; i++) pthread_mutex_init(&forks[i], NULL);
  for (int i = 0; i < N; i++) {
    ids[i] = i;
    pthread_create(&t[i], NULL, philosopher, &ids[i]);
  }
  for (int i = 0; i < N; i++) pthread_join(t[i], NULL);
  return 0;
}
