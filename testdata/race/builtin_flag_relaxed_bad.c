// gridlock: mode=static
//
// The flag is a plain int that both sides touch through the compiler's builtins, but relaxed: nothing orders
// the payload.
#include <pthread.h>

static int payload;
static int ready;

static void* produce(void* arg) {
  payload = 42;  // expect: data-race
  __atomic_store_n(&ready, 1, __ATOMIC_RELAXED);
  return arg;
}

static void* consume(void* arg) {
  while (__atomic_load_n(&ready, __ATOMIC_RELAXED) == 0) {
  }
  return payload == 42 ? arg : NULL;  // expect: data-race
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, produce, NULL);
  pthread_create(&b, NULL, consume, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return 0;
}
