// gridlock: mode=static  expect-none: signal-unsafe-lock, data-race
//
// The handler only raises a flag; the program takes the lock later.
#include <pthread.h>
#include <signal.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t asked;
static int pending;

static void on_usr1(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  asked = 1;
}

int main(void) {
  struct sigaction action = {0};
  action.sa_sigaction = on_usr1;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR1, &action, 0);
  pthread_mutex_lock(&lock);
  pending += asked;
  pthread_mutex_unlock(&lock);
  return pending;
}
