// gridlock: mode=static
//
// Who would end the wait takes the registry first, and gives it back before it tells.
#include <pthread.h>
static pthread_mutex_t reg = PTHREAD_MUTEX_INITIALIZER, mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static int ready;
static void* waiter(void* p) {
  pthread_mutex_lock(&reg);  // expect: wait-while-holding
  pthread_mutex_lock(&mu);
  while (!ready) pthread_cond_wait(&cv, &mu);  // also: wait-while-holding
  pthread_mutex_unlock(&mu);
  pthread_mutex_unlock(&reg);
  return p;
}
static void* teller(void* p) {
  pthread_mutex_lock(&reg);
  int ok = 1;
  pthread_mutex_unlock(&reg);
  pthread_mutex_lock(&mu);
  ready = ok;
  pthread_cond_signal(&cv);
  pthread_mutex_unlock(&mu);
  return p;
}
int main(void) {
  pthread_t t, u;
  pthread_create(&t, 0, waiter, 0);
  pthread_create(&u, 0, teller, 0);
  pthread_join(t, 0);
  pthread_join(u, 0);
  return 0;
}
