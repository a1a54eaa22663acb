// gridlock: mode=static,runtime  expect-none: data-race
//
// The same wrapper; each body has a list of its own, and main looks after both were waited for.
#include "runner.h"

struct list {
  int length;
  int items[100];
};

static void append(void *argument) {
  struct list *list = argument;
  for (int i = 0; i < 40; ++i) {
    list->items[list->length] = i;  // expect-false-alarm: data-race via=static
    ++list->length;  // expect-false-alarm: data-race via=static
  }
}

int main(void) {
  static struct list odd;
  static struct list even;
  struct runner *first = runner_start(append, &odd);
  struct runner *second = runner_start(append, &even);
  runner_wait(first);
  runner_wait(second);
  return odd.length == even.length ? 0 : 1;
}
