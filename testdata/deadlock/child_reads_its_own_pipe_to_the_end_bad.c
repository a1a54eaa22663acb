// gridlock: mode=runtime validate=none run-args=--timeout=8
//
// The parent closes its end for writing, the child forgot to close the one it inherited: it waits for the end
// of what only it could still write.
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int ends[2];
  char byte;
  if (pipe(ends) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    while (read(ends[0], &byte, 1) > 0) continue;  // expect: deadlock|self-deadlock
    _exit(0);
  }
  close(ends[0]);
  close(ends[1]);
  waitpid(child, 0, 0);  // also: deadlock
  return 0;
}
