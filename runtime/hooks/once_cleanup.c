/* See once_cleanup.h. Compiled with -fexceptions: without it the clean-up would be skipped by unwinding. */

#include "runtime/hooks/once_cleanup.h"

struct cleanup {
  void (*then)(void*);
  void* argument;
};

static void run(struct cleanup* cleanup) { cleanup->then(cleanup->argument); }

void gridlock_call_then(void (*function)(void), void (*then)(void*), void* argument) {
  struct cleanup cleanup __attribute__((cleanup(run))) = {then, argument};
  function();
}
