// gridlock: mode=static,runtime  expect-none: lost-wakeup
// The semaphore starts at 0, and is posted through a pointer.
#include <pthread.h>
#include <semaphore.h>

struct stage {
  sem_t *done;
};

static sem_t done;

static void finish(struct stage *stage) { sem_post(stage->done); }

static void *work(void *arg) {
  finish(arg);
  return 0;
}

int main(void) {
  pthread_t thread;
  struct stage stage = {&done};
  sem_init(&done, 0, 0);
  pthread_create(&thread, 0, work, &stage);
  sem_wait(&done);
  pthread_join(thread, 0);
  return 0;
}
