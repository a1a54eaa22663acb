// gridlock: mode=runtime validate=none run-args=--timeout=5
//
// Parent and child lock two files with flock, in opposite orders.
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

int main(void) {
  invisible_barrier *both = mmap(0, sizeof *both, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  both->parties = 2;
  char cash_name[] = "/tmp/cash-XXXXXX";
  char stock_name[] = "/tmp/stock-XXXXXX";
  close(mkstemp(cash_name));
  close(mkstemp(stock_name));
  pid_t child = fork();
  // Each opens them for itself: a lock belongs to the opening.
  int cash = open(cash_name, O_RDWR);
  int stock = open(stock_name, O_RDWR);
  if (child == 0) {
    flock(stock, LOCK_EX);
    invisible_barrier_wait(both);
    unlink(cash_name);
    flock(cash, LOCK_EX);  // expect: deadlock
    _exit(0);
  }
  flock(cash, LOCK_EX);
  invisible_barrier_wait(both);
  unlink(stock_name);
  flock(stock, LOCK_EX);  // expect: deadlock
  waitpid(child, 0, 0);
  return 0;
}
