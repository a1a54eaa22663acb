// gridlock: mode=runtime validate=none  expect-none: lock-order-cycle, unlock-not-held, lock-not-released
//
// Two threads take turns: each waits for its own semaphore and posts the other's. They start at one and at
// nought, and nobody ever posts what it waited for: these are signals, not locks, whatever was held
// meanwhile.
#include <pthread.h>
#include <semaphore.h>

static sem_t black_may_move;
static sem_t white_may_move;
static pthread_mutex_t board = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t clock_mutex = PTHREAD_MUTEX_INITIALIZER;

enum { kMoves = 50 };

static void* white(void* argument) {
  for (int i = 0; i < kMoves; ++i) {
    sem_wait(&white_may_move);
    pthread_mutex_lock(&board);
    pthread_mutex_unlock(&board);
    sem_post(&black_may_move);
  }
  return argument;
}

static void* black(void* argument) {
  for (int i = 0; i < kMoves; ++i) {
    pthread_mutex_lock(&board);
    pthread_mutex_unlock(&board);
    sem_wait(&black_may_move);
    pthread_mutex_lock(&clock_mutex);
    sem_post(&white_may_move);
    pthread_mutex_unlock(&clock_mutex);
  }
  return argument;
}

int main(void) {
  sem_init(&white_may_move, 0, 1);
  sem_init(&black_may_move, 0, 0);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, white, 0);
  pthread_create(&second, 0, black, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
