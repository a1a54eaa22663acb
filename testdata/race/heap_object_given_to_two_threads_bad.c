// gridlock: mode=static
//
// One heap object, passed through void * to two threads; nothing guards it.
#include <pthread.h>
#include <stdlib.h>

struct job {
  int left;
  long done;
};

static void *run(void *argument) {
  struct job *job = argument;
  while (job->left > 0) {  // also: data-race
    --job->left;           // expect: data-race
    job->done += 1;        // expect: data-race
  }
  return 0;
}

int main(void) {
  struct job *job = malloc(sizeof *job);
  job->left = 1000;
  job->done = 0;
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, run, job);
  pthread_create(&second, 0, run, job);
  pthread_join(first, 0);
  pthread_join(second, 0);
  long done = job->done;
  free(job);
  return done > 0 ? 0 : 1;
}
