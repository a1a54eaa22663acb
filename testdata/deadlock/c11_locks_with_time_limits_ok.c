// gridlock: mode=runtime  expect-none: deadlock, lock-order-cycle  also: lock-order-cycle severity=note
//
// Both orders, but the second lock is asked for with a time limit; the thread is joined after the unlock.
#include <threads.h>
#include <time.h>

static mtx_t first_mutex;
static mtx_t second_mutex;

static void take(mtx_t* outer, mtx_t* inner) {
  struct timespec until;
  mtx_lock(outer);
  timespec_get(&until, TIME_UTC);
  until.tv_nsec += 1000000;
  if (until.tv_nsec >= 1000000000) ++until.tv_sec, until.tv_nsec -= 1000000000;
  if (mtx_timedlock(inner, &until) == thrd_success) mtx_unlock(inner);
  mtx_unlock(outer);
}

static int work(void* argument) {
  (void)argument;
  take(&second_mutex, &first_mutex);
  return 0;
}

int main(void) {
  thrd_t worker;
  mtx_init(&first_mutex, mtx_timed);
  mtx_init(&second_mutex, mtx_timed);
  thrd_create(&worker, work, 0);
  take(&first_mutex, &second_mutex);
  thrd_join(worker, 0);
  return 0;
}
