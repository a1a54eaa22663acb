// gridlock: mode=runtime validate=none run-args=--timeout=3
//
// Nothing remembers that the notification came, and it came before the wait.
#include <stddef.h>
#include <threads.h>

#include "support/invisible_barrier.h"

static mtx_t mutex;
static cnd_t changed;
static invisible_step step = INVISIBLE_STEP_INIT;

static int waiter(void* argument) {
  (void)argument;
  invisible_step_await(&step, 1);
  mtx_lock(&mutex);
  cnd_wait(&changed, &mutex);  // expect: lost-wakeup
  mtx_unlock(&mutex);
  return 0;
}

int main(void) {
  thrd_t thread;
  mtx_init(&mutex, mtx_plain);
  cnd_init(&changed);
  thrd_create(&thread, waiter, NULL);
  mtx_lock(&mutex);
  cnd_broadcast(&changed);  // also: lost-wakeup
  mtx_unlock(&mutex);
  invisible_step_advance(&step);
  thrd_join(thread, NULL);  // also: deadlock, lost-wakeup
  return 0;
}
