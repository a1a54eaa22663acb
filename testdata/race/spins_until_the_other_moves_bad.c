// gridlock: mode=static validate=none
// Nothing but another thread ends the second loop: what comes after it is reached.
#include <pthread.h>

static int turn;
static int steps;

static void *first(void *arg) {
  if (turn != 0) {  // expect: data-race
    while (turn != 0) {  // also: data-race
    }
    steps++;  // expect: data-race
  }
  turn = 1;  // also: data-race
  return arg;
}

static void *second(void *arg) {
  turn = 0;  // also: data-race
  steps++;   // expect: data-race
  return arg;
}

int main(void) {
  pthread_t a, b;
  turn = 1;
  pthread_create(&a, 0, first, 0);
  pthread_create(&b, 0, second, 0);
  pthread_join(a, 0);
  pthread_join(b, 0);
  return steps;
}
