// gridlock: mode=runtime validate=none run-args=--timeout=5
//
// A thread of the parent held the lock at the fork, and gives it back in the parent before the child asks for
// it. In the child it stays held all the same: nobody there will ever release it.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static invisible_step* step;

static void* writer(void* argument) {
  (void)argument;
  pthread_mutex_lock(&lock);  // also: fork-while-locked, deadlock
  invisible_step_advance(step);
  invisible_step_await(step, 2);
  pthread_mutex_unlock(&lock);
  invisible_step_advance(step);
  return 0;
}

int main(void) {
  pthread_t thread;
  step = mmap(0, sizeof *step, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_create(&thread, 0, writer, 0);
  invisible_step_await(step, 1);
  pid_t child = fork();  // also: fork-while-locked, deadlock
  if (child == 0) {
    invisible_step_await(step, 3);
    pthread_mutex_lock(&lock);  // expect: fork-while-locked  also: deadlock
    _exit(0);
  }
  invisible_step_advance(step);
  pthread_join(thread, 0);
  waitpid(child, 0, 0);  // also: deadlock
  return 0;
}
