// gridlock: mode=static,runtime  validate=none  expect-none: data-race
//
// C11 threads with C11 locks on both sides. (ThreadSanitizer does not know mtx_lock.)
#include <threads.h>

static mtx_t lock;
static long total;

static int count(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) {
    mtx_lock(&lock);
    ++total;
    mtx_unlock(&lock);
  }
  return 0;
}

int main(void) {
  mtx_init(&lock, mtx_plain);
  thrd_t first;
  thrd_t second;
  thrd_create(&first, count, 0);
  thrd_create(&second, count, 0);
  thrd_join(first, 0);
  thrd_join(second, 0);
  mtx_destroy(&lock);
  return total == 2000 ? 0 : 1;
}
