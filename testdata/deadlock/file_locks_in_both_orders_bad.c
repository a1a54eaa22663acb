// gridlock: mode=runtime validate=none
//
// Two processes lock the cash and the stock file in opposite orders, by flock and by fcntl, one after the
// other this time.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

static void lock_record(int file, short type) {
  struct flock record = {.l_type = type, .l_whence = SEEK_SET};
  fcntl(file, F_SETLKW, &record);  // expect: lock-order-cycle
}

int main(void) {
  invisible_step* step = mmap(0, sizeof *step, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char cash_name[] = "/tmp/cash-XXXXXX";
  char stock_name[] = "/tmp/stock-XXXXXX";
  close(mkstemp(cash_name));
  close(mkstemp(stock_name));
  const pid_t child = fork();
  const int cash = open(cash_name, O_RDWR);
  const int stock = open(stock_name, O_RDWR);
  if (child == 0) {
    invisible_step_await(step, 1);
    flock(stock, LOCK_EX);  // also: lock-order-cycle
    flock(cash, LOCK_EX);   // expect: lock-order-cycle
    flock(cash, LOCK_UN);
    flock(stock, LOCK_UN);
    lock_record(stock, F_WRLCK);
    lock_record(cash, F_WRLCK);
    lock_record(cash, F_UNLCK);
    lock_record(stock, F_UNLCK);
    _exit(0);
  }
  flock(cash, LOCK_EX);   // also: lock-order-cycle
  flock(stock, LOCK_EX);  // expect: lock-order-cycle
  flock(stock, LOCK_UN);
  flock(cash, LOCK_UN);
  lock_record(cash, F_WRLCK);
  lock_record(stock, F_WRLCK);
  lock_record(stock, F_UNLCK);
  lock_record(cash, F_UNLCK);
  invisible_step_advance(step);
  waitpid(child, 0, 0);
  unlink(cash_name);
  unlink(stock_name);
  return 0;
}
