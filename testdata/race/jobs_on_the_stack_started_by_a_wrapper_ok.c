// gridlock: mode=static,runtime  expect-none: data-race
// Each thread has a job of its own, also where another function starts it.
#include <pthread.h>

struct job {
  int first;
  long result;
};

static void *run(void *arg) {
  struct job *job = arg;
  job->result = job->first * 2;
  return 0;
}

static int spawn(pthread_t *thread, struct job *job) { return pthread_create(thread, 0, run, job); }

int main(void) {
  pthread_t threads[4];
  struct job jobs[4];
  long sum = 0;
  for (int i = 0; i < 4; i++) {
    jobs[i].first = i;
    spawn(&threads[i], &jobs[i]);
  }
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  for (int i = 0; i < 4; i++) sum += jobs[i].result;
  return sum != 12;
}
