// gridlock: mode=static
//
// Both units lock "their" static `lock` before they touch the common tally; the names are the same, the
// mutexes are not.
#include <pthread.h>

#include "units.h"

static struct tally tally;

static void *left(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) left_add(&tally);
  return 0;
}

static void *right(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) right_add(&tally);
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, left, 0);
  pthread_create(&second, 0, right, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
