// gridlock: mode=static  expect-none: data-race
//
// A handler that only sets a volatile sig_atomic_t for the thread it interrupts: the one thing it may do.
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stop;

static void on_interrupt(int number) {
  (void)number;
  stop = 1;
}

int main(void) {
  signal(SIGINT, on_interrupt);
  long turns = 0;
  while (!stop) {
    if (++turns == 1000) raise(SIGINT);
  }
  return turns >= 1000 ? 0 : 1;
}
