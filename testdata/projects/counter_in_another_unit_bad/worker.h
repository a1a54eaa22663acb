#ifndef WORKER_H
#define WORKER_H
void *worker_main(void *argument);
#endif
