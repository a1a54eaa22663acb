// gridlock: mode=static validate=none
//
// The handler is a field of the structure that sigaction is given.
#include <pthread.h>
#include <signal.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int pending;

static void count(void) {
  pthread_mutex_lock(&lock);  // expect: signal-unsafe-lock
  ++pending;
  pthread_mutex_unlock(&lock);
}

static void on_usr1(int number) {
  (void)number;
  count();
}

int main(void) {
  struct sigaction action = {.sa_handler = on_usr1};
  sigaction(SIGUSR1, &action, 0);
  pthread_mutex_lock(&lock);
  ++pending;
  pthread_mutex_unlock(&lock);
  return 0;
}
