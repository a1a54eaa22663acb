// gridlock: mode=static validate=none  expect-none: data-race
// All accesses to `low` and `high` are in atomic sections, as the functions of verification tools mark
// them; all sections exclude one another, also those that are whole functions.
#include <pthread.h>

extern void __VERIFIER_atomic_begin(void);
extern void __VERIFIER_atomic_end(void);

static int low = 1, high = 2;

static void __VERIFIER_atomic_raise(int by) { high += by; }

static void *sumLow(void *arg) {
  for (int i = 0; i < 5; i++) {
    __VERIFIER_atomic_begin();
    low += high;
    __VERIFIER_atomic_end();
  }
  return arg;
}

static void *sumHigh(void *arg) {
  for (int i = 0; i < 5; i++) __VERIFIER_atomic_raise(i);
  return arg;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, sumLow, 0);
  pthread_create(&second, 0, sumHigh, 0);
  __VERIFIER_atomic_begin();
  int wrong = low > 144 || high > 144;
  __VERIFIER_atomic_end();
  pthread_join(first, 0);
  pthread_join(second, 0);
  return wrong;
}
