// gridlock: mode=static
//
// The threads' functions come out of a local array.
#include <pthread.h>
static pthread_mutex_t net = PTHREAD_MUTEX_INITIALIZER, disk = PTHREAD_MUTEX_INITIALIZER,
                       ui = PTHREAD_MUTEX_INITIALIZER;
static void* n(void* p) {
  pthread_mutex_lock(&net);   // expect: lock-order-cycle
  pthread_mutex_lock(&disk);  // also: lock-order-cycle
  pthread_mutex_unlock(&disk);
  pthread_mutex_unlock(&net);
  return p;
}
static void* d(void* p) {
  pthread_mutex_lock(&disk);  // also: lock-order-cycle
  pthread_mutex_lock(&ui);    // also: lock-order-cycle
  pthread_mutex_unlock(&ui);
  pthread_mutex_unlock(&disk);
  return p;
}
static void* u(void* p) {
  pthread_mutex_lock(&ui);   // also: lock-order-cycle
  pthread_mutex_lock(&net);  // also: lock-order-cycle
  pthread_mutex_unlock(&net);
  pthread_mutex_unlock(&ui);
  return p;
}
int main(void) {
  pthread_t t[3];
  void* (*f[3])(void*) = {n, d, u};
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, f[i], 0);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  return 0;
}
