#include "runner.h"

#include <pthread.h>
#include <stdlib.h>

struct runner {
  pthread_t thread;
  runner_body body;
  void *argument;
};

static void *trampoline(void *pointer) {
  struct runner *runner = pointer;
  runner->body(runner->argument);
  return NULL;
}

struct runner *runner_start(runner_body body, void *argument) {
  struct runner *runner = malloc(sizeof *runner);
  runner->body = body;
  runner->argument = argument;
  pthread_create(&runner->thread, NULL, trampoline, runner);
  return runner;
}

void runner_wait(struct runner *runner) {
  pthread_join(runner->thread, NULL);
  free(runner);
}
