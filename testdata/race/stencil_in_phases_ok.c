// gridlock: mode=static
//
// Two arrays are filled in turns, with a barrier after each turn; every thread writes its own rows, those
// that its number says, and reads its neighbours'.
#include <pthread.h>

#define THREADS 4
#define ROWS 64

struct part {
  int first, last;
};

static double now[ROWS], next[ROWS];
static pthread_barrier_t turn;

static void wait_for_all(void) { pthread_barrier_wait(&turn); }

static void* relax(void* arg) {
  struct part* p = arg;
  for (int round = 0; round < 10; ++round) {
    for (int i = p->first; i < p->last; ++i) next[i] = now[(i + 1) % ROWS];  // expect-none: data-race
    wait_for_all();
    for (int i = p->first; i < p->last; ++i) now[i] = next[i];  // expect-none: data-race
    wait_for_all();
  }
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  struct part parts[THREADS];
  pthread_barrier_init(&turn, NULL, THREADS);
  for (int i = 0; i < THREADS; ++i) {
    parts[i].first = i * ROWS / THREADS;
    parts[i].last = (i + 1) * ROWS / THREADS;
    pthread_create(&threads[i], NULL, relax, &parts[i]);
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&turn);
  return 0;
}
