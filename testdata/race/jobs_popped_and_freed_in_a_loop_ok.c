// gridlock: mode=static,runtime  expect-none: data-race
// Who pops a job has it alone, in every round of its loop.
#include <pthread.h>
#include <stdlib.h>

struct job {
  void (*run)(int);
  int value;
  struct job *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct job *head;
static int stopped;

static void nothing(int value) { (void)value; }

static void *work(void *arg) {
  for (;;) {
    pthread_mutex_lock(&lock);
    while (!head && !stopped) pthread_cond_wait(&more, &lock);
    if (!head) {
      pthread_mutex_unlock(&lock);
      return arg;
    }
    struct job *job = head;
    head = job->next;
    pthread_mutex_unlock(&lock);
    job->run(job->value);
    free(job);
  }
}

static void push(int value) {
  struct job *job = malloc(sizeof *job);
  job->run = nothing;
  job->value = value;
  pthread_mutex_lock(&lock);
  job->next = head;
  head = job;
  pthread_cond_signal(&more);
  pthread_mutex_unlock(&lock);
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, 0, work, 0);
  pthread_create(&b, 0, work, 0);
  for (int i = 0; i < 10; i++) push(i);
  pthread_mutex_lock(&lock);
  stopped = 1;
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&lock);
  pthread_join(a, 0);
  pthread_join(b, 0);
  return 0;
}
