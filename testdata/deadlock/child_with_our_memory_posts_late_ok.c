// gridlock: mode=runtime
// expect-none: deadlock
//
// A process made by clone shares the memory, and is no thread that anybody knows of. All threads wait for it,
// for longer than it takes to see that no thread is left.
#define _GNU_SOURCE
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kStack = 1 << 16 };

static sem_t done;

static int work(void* argument) {
  (void)argument;
  const struct timespec busy = {2, 0};
  syscall(SYS_nanosleep, &busy, 0);
  sem_post(&done);
  return 0;
}

int main(void) {
  sem_init(&done, 0, 0);
  char* stack = malloc(kStack);
  const int child = clone(work, stack + kStack, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, 0);
  sem_wait(&done);
  waitpid(child, 0, 0);
  free(stack);
  return 0;
}
