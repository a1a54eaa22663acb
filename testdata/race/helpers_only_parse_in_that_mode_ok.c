// gridlock: mode=static
//
// Helper threads parse while the mode says so; only the server executes, alone, while no helper works.
// The mode changes only while every helper waits for work.
#include <pthread.h>
#include <stddef.h>

enum { kExecuting, kParsing };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int pending;
static int mode = kExecuting;
static long parsed;
static long executed;

static void handle(void) {
  if (mode == kParsing) {
    pthread_mutex_lock(&lock);
    parsed++;
    pthread_mutex_unlock(&lock);
    return;
  }
  executed++;  // expect-none: data-race  also: data-race severity=note
}

static void *help(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  while (pending == 0) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  if (mode == kParsing) handle();
  pthread_mutex_lock(&lock);
  pending = 0;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  pthread_t helper;
  if (pthread_create(&helper, NULL, help, NULL) != 0) return 1;
  handle();
  mode = kParsing;  // expect-none: data-race -- the helper waits for `pending`, set below
  pthread_mutex_lock(&lock);
  pending = 1;
  pthread_cond_signal(&changed);
  while (pending != 0) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  mode = kExecuting;  // expect-false-alarm: data-race -- the helper has cleared `pending`, its last word
  handle();
  pthread_join(helper, NULL);
  return parsed == 1 && executed == 2 ? 0 : 1;
}
