// gridlock: mode=runtime
// expect-none: deadlock
//
// Parent and child lock two files with flock, in one order, again and again.
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  char cash_name[] = "/tmp/cash-XXXXXX";
  char stock_name[] = "/tmp/stock-XXXXXX";
  close(mkstemp(cash_name));
  close(mkstemp(stock_name));
  pid_t child = fork();
  int cash = open(cash_name, O_RDWR);
  int stock = open(stock_name, O_RDWR);
  for (int i = 0; i < 2000; ++i) {
    flock(cash, LOCK_EX);
    flock(stock, LOCK_EX);
    flock(stock, LOCK_UN);
    flock(cash, LOCK_UN);
  }
  if (child == 0) _exit(0);
  waitpid(child, 0, 0);
  unlink(cash_name);
  unlink(stock_name);
  return 0;
}
