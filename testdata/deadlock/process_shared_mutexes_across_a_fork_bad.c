// gridlock: mode=runtime validate=none run-args=--timeout=3  also: lock-order-cycle
//
// Parent and child share two mutexes in shared memory and take them in opposite orders.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

struct shared {
  pthread_mutex_t in;
  pthread_mutex_t out;
  invisible_barrier both;
};

int main(void) {
  struct shared *shared =
      mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&shared->in, &attributes);
  pthread_mutex_init(&shared->out, &attributes);
  shared->both.parties = 2;
  pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(&shared->in);  // also: deadlock
    invisible_barrier_wait(&shared->both);
    pthread_mutex_lock(&shared->out);  // expect: deadlock
    _exit(0);
  }
  pthread_mutex_lock(&shared->out);  // also: deadlock
  invisible_barrier_wait(&shared->both);
  pthread_mutex_lock(&shared->in);  // expect: deadlock
  waitpid(child, 0, 0);
  return 0;
}
