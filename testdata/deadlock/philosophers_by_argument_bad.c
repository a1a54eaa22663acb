// gridlock: mode=static
//
// Each philosopher reads its seat through the start argument, and takes the fork to the left before the one
// to the right.
#include <pthread.h>

#define SEATS 5

static pthread_mutex_t forks[SEATS];
static int meals[SEATS];

static void* eat(void* arg) {
  int seat = *(int*)arg;
  for (int k = 0; k < 3; ++k) {
    pthread_mutex_lock(&forks[seat]);
    pthread_mutex_lock(&forks[(seat + 1) % SEATS]);  // expect: lock-order-cycle
    meals[seat]++;                                   // expect-none: data-race
    pthread_mutex_unlock(&forks[(seat + 1) % SEATS]);
    pthread_mutex_unlock(&forks[seat]);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[SEATS];
  int seats[SEATS];
  for (int i = 0; i < SEATS; ++i) pthread_mutex_init(&forks[i], NULL);
  for (int i = 0; i < SEATS; ++i) {
    seats[i] = i;
    pthread_create(&threads[i], NULL, eat, &seats[i]);
  }
  for (int i = 0; i < SEATS; ++i) pthread_join(threads[i], NULL);
  return 0;
}
