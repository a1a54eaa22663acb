// gridlock: mode=runtime flags=-D_GNU_SOURCE validate=none run-args=--timeout=5
//
// _Fork() runs no handlers and copies only the calling thread, like fork(). The lock that another one held
// stays held in the child for ever.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static invisible_step step = INVISIBLE_STEP_INIT;

static void* writer(void* argument) {
  pthread_mutex_lock(&lock);  // also: fork-while-locked, deadlock
  invisible_step_advance(&step);
  invisible_step_await(&step, 2);
  pthread_mutex_unlock(&lock);
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, writer, 0);
  invisible_step_await(&step, 1);
  const pid_t child = _Fork();  // also: fork-while-locked, deadlock
  if (child == 0) {
    pthread_mutex_lock(&lock);  // expect: fork-while-locked  also: deadlock
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);  // also: deadlock
  invisible_step_advance(&step);
  pthread_join(thread, 0);
  return 0;
}
