// gridlock: mode=static
//
// A detached thread is never joined; the report is printed while it may still write.
#include <thread>

#include "support/invisible_barrier.h"

static int progress;
static invisible_step step = INVISIBLE_STEP_INIT;

static void import() {
  for (int i = 0; i <= 100; ++i) progress = i;  // also: data-race
  invisible_step_advance(&step);
}

int main() {
  std::thread(import).detach();
  int shown = progress;  // expect: data-race
  invisible_step_await(&step, 1);
  return shown >= 0 ? 0 : 1;
}
