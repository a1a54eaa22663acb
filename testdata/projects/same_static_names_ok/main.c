// gridlock: mode=static,runtime  expect-none: self-deadlock, lock-order-cycle, data-race
//
// Both units have a static `lock`, a static `value` and a static `change`: they are different ones. Who
// takes them for the same sees a lock taken twice.
#include <pthread.h>

#include "units.h"

static void *work(void *argument) {
  (void)argument;
  for (int i = 0; i < 100; ++i) left_work();
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, work, 0);
  pthread_create(&second, 0, work, 0);
  for (int i = 0; i < 100; ++i) right_touch();
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
