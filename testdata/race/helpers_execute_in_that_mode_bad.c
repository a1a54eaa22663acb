// gridlock: mode=static
//
// As its twin, but in the mode of the helpers the work is not only parsed: both execute at once.
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
  }
  executed++;  // expect: data-race
}

static void *help(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  while (pending == 0) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  if (mode == kParsing) handle();
  return NULL;
}

int main(void) {
  pthread_t helper;
  if (pthread_create(&helper, NULL, help, NULL) != 0) return 1;
  mode = kParsing;  // also: data-race -- ordered by `pending`
  pthread_mutex_lock(&lock);
  pending = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
  handle();
  pthread_join(helper, NULL);
  return parsed == 2 ? 0 : 1;
}
