// gridlock: mode=runtime
// expect-none: deadlock
//
// Parent and child meet at a barrier in shared memory. The child waits there long, alone in its process: the
// parent is busy, and comes.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile long sum;

int main(void) {
  pthread_barrier_t *met = mmap(0, sizeof *met, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(met, &attributes, 2);
  pid_t child = fork();
  if (child == 0) {
    pthread_barrier_wait(met);
    _exit(0);
  }
  for (long i = 0; i < 300000000; ++i) sum += i;
  pthread_barrier_wait(met);
  int status = 1;
  waitpid(child, &status, 0);
  return status != 0;
}
