// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock, wait-while-holding, lost-wakeup
//
// Even ones take the left fork first, odd ones the right: there is always one that can eat.
#include <pthread.h>
#include <stdlib.h>
#define N 5
static pthread_mutex_t forks[N];
static void* philosopher(void* p) {
  long id = (long)p;
  int left = id, right = (id + 1) % N;
  for (int i = 0; i < 10; i++) {
    if (id % 2 == 0) {
      pthread_mutex_lock(&forks[left]);
      pthread_mutex_lock(&forks[right]);
    } else {
      pthread_mutex_lock(&forks[right]);
      pthread_mutex_lock(&forks[left]);
    }
    pthread_mutex_unlock(&forks[left]);
    pthread_mutex_unlock(&forks[right]);
  }
  return NULL;
}
int main(void) {
  pthread_t t[N];
  for (int i = 0; i < N; i++) pthread_mutex_init(&forks[i], NULL);
  for (long i = 0; i < N; i++) pthread_create(&t[i], NULL, philosopher, (void*)i);
  for (int i = 0; i < N; i++) pthread_join(t[i], NULL);
  return 0;
}
