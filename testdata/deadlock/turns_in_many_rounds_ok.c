// gridlock: mode=runtime
// expect-none: lock-order-cycle
// also: lock-order-cycle severity=note
//
// Two threads take turns by two semaphores, two more by a barrier, each pair in hundreds of rounds. Each
// takes the locks of its pair in its own order, but never when it is not its turn.
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

enum { kRounds = 400 };

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static sem_t turn_of_first;
static sem_t turn_of_second;
static pthread_mutex_t upper = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lower = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t phase;

static void take(pthread_mutex_t* outer, pthread_mutex_t* inner) {
  pthread_mutex_lock(outer);
  pthread_mutex_lock(inner);
  pthread_mutex_unlock(inner);
  pthread_mutex_unlock(outer);
}

static void* first(void* argument) {
  (void)argument;
  for (int i = 0; i < kRounds; ++i) {
    sem_wait(&turn_of_first);
    take(&left, &right);
    sem_post(&turn_of_second);
  }
  return NULL;
}

static void* second(void* argument) {
  (void)argument;
  for (int i = 0; i < kRounds; ++i) {
    sem_wait(&turn_of_second);
    take(&right, &left);
    sem_post(&turn_of_first);
  }
  return NULL;
}

static void* even(void* argument) {
  (void)argument;
  for (int i = 0; i < kRounds; ++i) {
    if (i % 2 == 0) take(&upper, &lower);
    pthread_barrier_wait(&phase);
  }
  return NULL;
}

static void* odd(void* argument) {
  (void)argument;
  for (int i = 0; i < kRounds; ++i) {
    if (i % 2 != 0) take(&lower, &upper);
    pthread_barrier_wait(&phase);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  sem_init(&turn_of_first, 0, 0);
  sem_init(&turn_of_second, 0, 0);
  pthread_barrier_init(&phase, NULL, 2);
  pthread_create(&threads[0], NULL, first, NULL);
  pthread_create(&threads[1], NULL, second, NULL);
  pthread_create(&threads[2], NULL, even, NULL);
  pthread_create(&threads[3], NULL, odd, NULL);
  sem_post(&turn_of_first);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  return 0;
}
