// gridlock: mode=runtime
// expect-none: deadlock
//
// Both threads take the journal first and the lock of stdout inside of it; the waits in between are real.
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;

static void *printer(void *argument) {
  for (int i = 0; i < 2000; ++i) {
    pthread_mutex_lock(&journal);
    flockfile(stdout);
    printf("%d\n", i);
    funlockfile(stdout);
    pthread_mutex_unlock(&journal);
  }
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, printer, 0);
  printer(0);
  pthread_join(thread, 0);
  return 0;
}
