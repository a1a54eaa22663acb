// gridlock: mode=static  expect-none: blocking-while-locked
//
// The table of children is locked while they are asked for, without waiting for any of them.
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>

static pthread_mutex_t children = PTHREAD_MUTEX_INITIALIZER;
static int running;

static void *reap(void *unused) {
  (void)unused;
  pthread_mutex_lock(&children);
  while (running > 0 && waitpid(-1, 0, WNOHANG) > 0) running--;
  struct pollfd input = {0, POLLIN, 0};
  poll(&input, 1, 0);
  pthread_mutex_unlock(&children);
  return 0;
}

int main(void) {
  pthread_t reaper;
  if (pthread_create(&reaper, 0, reap, 0) != 0) return 1;
  pthread_join(reaper, 0);
  return 0;
}
