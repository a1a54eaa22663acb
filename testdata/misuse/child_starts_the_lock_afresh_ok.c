// gridlock: mode=static,runtime  expect-none: use-of-invalid-lock, fork-while-locked, deadlock, lock-not-released, unlock-not-held
//
// A fork handler holds the lock across the fork; the child cannot know whether it may unlock a mutex that its
// parent's thread locked, and initialises it again. Allocators do this.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock;
static int value;

static void before(void) { pthread_mutex_lock(&lock); }
static void in_parent(void) { pthread_mutex_unlock(&lock); }
static void in_child(void) { pthread_mutex_init(&lock, 0); }

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
  pthread_mutex_init(&lock, 0);
  pthread_atfork(before, in_parent, in_child);
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
  pthread_mutex_destroy(&lock);
  return WEXITSTATUS(status);
}
