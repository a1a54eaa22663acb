// gridlock: mode=static
//
// The waiter leaves the critical section and only then reads the shared text, which the next round overwrites.
#include <pthread.h>

#include "support/invisible_barrier.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int rounds;
static int text[8];
static invisible_step reads = INVISIBLE_STEP_INIT;
static invisible_step writes = INVISIBLE_STEP_INIT;

static void *writer(void *argument) {
  (void)argument;
  for (int i = 1; i <= 50; ++i) {
    invisible_step_await(&reads, i - 1);
    pthread_mutex_lock(&lock);
    for (int n = 0; n < 8; ++n) text[n] = i;  // also: data-race
    rounds = i;
    invisible_step_advance(&writes);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
  }
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, writer, 0);
  long sum = 0;
  for (int seen = 0; seen < 50;) {
    pthread_mutex_lock(&lock);
    while (rounds == seen) pthread_cond_wait(&changed, &lock);
    seen = rounds;
    pthread_mutex_unlock(&lock);
    sum += text[seen % 8];  // expect: data-race
    invisible_step_advance(&reads);
    if (seen < 50) invisible_step_await(&writes, seen + 1);  // so that every run shows it
  }
  pthread_join(thread, 0);
  return sum > 0 ? 0 : 1;
}
