// gridlock: mode=runtime
// expect-none: deadlock
//
// The pipe is closed, after a while, and the child ends; the parent waits for it then.
#include <sys/wait.h>
#include <unistd.h>

static volatile long sum;

int main(void) {
  int ends[2];
  char byte;
  if (pipe(ends) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0) continue;
    _exit(0);
  }
  close(ends[0]);
  for (long i = 0; i < 300000000; ++i) sum += i;  // a second or so: the child stands still all the while
  close(ends[1]);
  waitpid(child, 0, 0);
  return 0;
}
