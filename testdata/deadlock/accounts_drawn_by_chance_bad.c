// gridlock: mode=static
//
// Two elements by numbers that nothing has ordered.
#include <pthread.h>
#include <stdlib.h>
struct account {
  pthread_mutex_t lock;
  int balance;
};
static struct account acc[10];
static void* run(void* p) {
  unsigned s = (unsigned)(long)p;
  for (int i = 0; i < 100; i++) {
    int x = rand_r(&s) % 10, y = rand_r(&s) % 10;
    if (x == y) continue;
    pthread_mutex_lock(&acc[x].lock);  // expect: lock-order-cycle
    pthread_mutex_lock(&acc[y].lock);  // also: lock-order-cycle
    acc[x].balance--;
    acc[y].balance++;
    pthread_mutex_unlock(&acc[y].lock);
    pthread_mutex_unlock(&acc[x].lock);
  }
  return NULL;
}
int main(void) {
  pthread_t t[4];
  for (int i = 0; i < 10; i++) pthread_mutex_init(&acc[i].lock, NULL);
  for (long i = 0; i < 4; i++) pthread_create(&t[i], NULL, run, (void*)i);
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  return 0;
}
