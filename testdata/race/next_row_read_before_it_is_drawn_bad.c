// gridlock: mode=static
//
// The number is read in one critical section and counted up in another: two threads may read the same.
#include <pthread.h>
#include <stdio.h>
#define N 100
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static int next_row;
static double out[N];
static void* worker(void* a) {
  for (;;) {
    pthread_mutex_lock(&mu);
    int i = next_row;
    pthread_mutex_unlock(&mu);
    pthread_mutex_lock(&mu);
    next_row++;
    pthread_mutex_unlock(&mu);
    if (i >= N) return a;
    out[i] = i * 2.0;  // expect: data-race
  }
}
int main(void) {
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, worker, 0);
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  printf("%f\n", out[3]);
  return 0;
}
