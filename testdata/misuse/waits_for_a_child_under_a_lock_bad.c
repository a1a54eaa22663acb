// gridlock: mode=static
//
// As its twin, but whoever holds the table waits until a child ends.
#include <pthread.h>
#include <sys/wait.h>

static pthread_mutex_t children = PTHREAD_MUTEX_INITIALIZER;
static int running;

static void *reap(void *unused) {
  (void)unused;
  pthread_mutex_lock(&children);
  while (running > 0 && waitpid(-1, 0, 0) > 0) running--;  // expect: blocking-while-locked
  pthread_mutex_unlock(&children);
  return 0;
}

int main(void) {
  pthread_t reaper;
  if (pthread_create(&reaper, 0, reap, 0) != 0) return 1;
  pthread_join(reaper, 0);
  return 0;
}
