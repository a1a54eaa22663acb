// gridlock: mode=static,runtime  expect-none: data-race
// Each thread waits until the number that only it has drawn is served.
#include <pthread.h>
#include <stdatomic.h>

static atomic_uint next_ticket, serving;
static int served;

static void enter(void) {
  unsigned mine = atomic_fetch_add(&next_ticket, 1);
  while (atomic_load(&serving) != mine) {
  }
}

static void leave(void) { atomic_fetch_add(&serving, 1); }

static void *customer(void *arg) {
  enter();
  served++;
  leave();
  return arg;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, customer, 0);
  pthread_create(&second, 0, customer, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return served != 2;
}
