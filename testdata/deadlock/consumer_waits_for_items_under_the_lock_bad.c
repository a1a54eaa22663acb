// gridlock: mode=static
//
// All who post the semaphore need the lock that the waiting thread keeps.
#include <pthread.h>
#include <semaphore.h>
static sem_t items;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static int n;
static void* prod(void* p) {
  for (int i = 0; i < 10; i++) {
    pthread_mutex_lock(&mu);  // expect: wait-while-holding
    n++;
    sem_post(&items);
    pthread_mutex_unlock(&mu);
  }
  return p;
}
static void* cons(void* p) {
  for (int i = 0; i < 10; i++) {
    pthread_mutex_lock(&mu);  // also: wait-while-holding
    sem_wait(&items);         // also: wait-while-holding
    n--;
    pthread_mutex_unlock(&mu);
  }
  return p;
}
int main(void) {
  pthread_t t, u;
  sem_init(&items, 0, 0);
  pthread_create(&t, 0, prod, 0);
  pthread_create(&u, 0, cons, 0);
  pthread_join(t, 0);
  pthread_join(u, 0);
  return 0;
}
