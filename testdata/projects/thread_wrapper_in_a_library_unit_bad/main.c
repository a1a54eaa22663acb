// gridlock: mode=static
//
// Threads are started through a wrapper in another unit, with a function pointer and a void * on the way. Both
// bodies work on the same list.
#include "runner.h"

struct list {
  int length;
  int items[100];
};

static void append(void *argument) {
  struct list *list = argument;
  for (int i = 0; i < 40; ++i) {
    list->items[list->length] = i;  // also: data-race
    ++list->length;                 // expect: data-race
  }
}

static void trim(void *argument) {
  struct list *list = argument;
  for (int i = 0; i < 40; ++i) {
    if (list->length > 0) --list->length;  // expect: data-race
  }
}

int main(void) {
  static struct list list;
  struct runner *first = runner_start(append, &list);
  struct runner *second = runner_start(trim, &list);
  runner_wait(first);
  runner_wait(second);
  return 0;
}
