// gridlock: mode=static
// The twin of jobs_on_the_stack_started_by_a_wrapper_ok.c: all threads are given the first job.
#include <pthread.h>

struct job {
  int first;
  long result;
};

static void *run(void *arg) {
  struct job *job = arg;
  job->result = job->first * 2;  // expect: data-race
  return 0;
}

static int spawn(pthread_t *thread, struct job *job) { return pthread_create(thread, 0, run, job); }

int main(void) {
  pthread_t threads[4];
  struct job jobs[4];
  for (int i = 0; i < 4; i++) {
    jobs[i].first = i;  // also: data-race
    spawn(&threads[i], &jobs[0]);
  }
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  return jobs[0].result != 0;
}
