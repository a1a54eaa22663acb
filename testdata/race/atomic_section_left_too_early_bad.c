// gridlock: mode=static validate=none
// The second thread looks at the sum after its atomic section.
#include <pthread.h>

extern void __VERIFIER_atomic_begin(void);
extern void __VERIFIER_atomic_end(void);

static int sum;

static void *add(void *arg) {
  __VERIFIER_atomic_begin();
  sum += 2;  // expect: data-race
  __VERIFIER_atomic_end();
  return arg;
}

static void *look(void *arg) {
  __VERIFIER_atomic_begin();
  __VERIFIER_atomic_end();
  return sum > 1 ? arg : 0;  // expect: data-race
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, add, 0);
  pthread_create(&second, 0, look, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
