// gridlock: mode=runtime validate=none  expect-none: deadlock, self-deadlock, unlock-not-held, destroy-locked
//
// A timer's handler forks wherever it interrupts the main loop, inside of a lock call, too; the child takes
// another lock, returns from the handler and goes on with what was interrupted.
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kForks = 30 };

static pthread_mutex_t work = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t books = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t forks;
static volatile sig_atomic_t in_child;

static void onTimer(int signal_number) {
  (void)signal_number;
  if (in_child || forks >= kForks) return;
  const pid_t child = fork();
  if (child > 0) forks++;
  if (child != 0) return;
  in_child = 1;
  pthread_mutex_lock(&books);
  pthread_mutex_unlock(&books);
}

static void step(void) {
  pthread_mutex_lock(&work);
  pthread_mutex_unlock(&work);
}

int main(void) {
  signal(SIGALRM, onTimer);
  const struct itimerval every = {{0, 2000}, {0, 2000}};
  setitimer(ITIMER_REAL, &every, NULL);
  while (forks < kForks && !in_child) step();
  if (in_child) {
    for (int i = 0; i < 100; i++) step();
    _exit(0);
  }
  int failed = 0;
  for (int i = 0; i < kForks; i++) {
    int status = 0;
    while (wait(&status) < 0) continue;  // the timer may interrupt it
    if (status != 0) failed = 1;
  }
  return failed;
}
