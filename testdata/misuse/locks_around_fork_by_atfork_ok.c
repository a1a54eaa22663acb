// gridlock: mode=static,runtime  expect-none: fork-while-locked, deadlock, lock-not-released, unlock-not-held
//
// pthread_atfork takes the lock before the fork and gives it back on both sides.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

static void before(void) { pthread_mutex_lock(&lock); }
static void after(void) { pthread_mutex_unlock(&lock); }

static void *writer(void *argument) {
  (void)argument;
  for (int i = 0; i < 100; ++i) {
    pthread_mutex_lock(&lock);
    ++value;
    pthread_mutex_unlock(&lock);
  }
  return 0;
}

int main(void) {
  pthread_atfork(before, after, after);
  pthread_t thread;
  pthread_create(&thread, 0, writer, 0);
  pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(&lock);
    int seen = value;
    pthread_mutex_unlock(&lock);
    _exit(seen >= 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  pthread_join(thread, 0);
  return WEXITSTATUS(status);
}
