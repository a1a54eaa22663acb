// gridlock: mode=runtime validate=none run-args=--timeout=5
//
// The parent waits for the child to end before it closes the pipe that the child reads to the end.
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int ends[2];
  char byte;
  if (pipe(ends) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0) continue;  // expect: deadlock
    _exit(0);
  }
  close(ends[0]);
  waitpid(child, 0, 0);  // expect: deadlock
  close(ends[1]);
  return 0;
}
