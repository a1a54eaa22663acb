// gridlock: mode=static,runtime  expect-none: data-race
//
// The same code, but each thread gets an object of its own, made by the same malloc call in a helper.
#include <pthread.h>
#include <stdlib.h>

struct job {
  int left;
  long done;
};

static struct job *new_job(int n) {
  struct job *job = malloc(sizeof *job);
  job->left = n;
  job->done = 0;
  return job;
}

static void *run(void *argument) {
  struct job *job = argument;
  while (job->left > 0) {
    --job->left;
    job->done += 1;
  }
  free(job);
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, run, new_job(1000));
  pthread_create(&second, 0, run, new_job(2000));
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
