#ifndef RUNNER_H
#define RUNNER_H
typedef void (*runner_body)(void *argument);
struct runner;
struct runner *runner_start(runner_body body, void *argument);
void runner_wait(struct runner *runner);
#endif
