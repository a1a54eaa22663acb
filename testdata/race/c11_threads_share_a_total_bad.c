// gridlock: mode=static validate=none
//
// C11 threads; mtx_lock guards one of the two writers.
// (ThreadSanitizer of clang 19 does not see threads made by thrd_create.)
#include <threads.h>

static mtx_t lock;
static long total;

static int locked(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) {
    mtx_lock(&lock);
    ++total;  // also: data-race
    mtx_unlock(&lock);
  }
  return 0;
}

static int bare(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) ++total;  // expect: data-race
  return 0;
}

int main(void) {
  mtx_init(&lock, mtx_plain);
  thrd_t first;
  thrd_t second;
  thrd_create(&first, locked, 0);
  thrd_create(&second, bare, 0);
  thrd_join(first, 0);
  thrd_join(second, 0);
  mtx_destroy(&lock);
  return 0;
}
