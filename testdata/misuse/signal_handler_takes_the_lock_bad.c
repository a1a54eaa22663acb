// gridlock: mode=static,runtime args=--rule=signal-unsafe-lock validate=none run-args=--timeout=3
//
// The handler takes a lock that the interrupted code holds; this run is interrupted just there.
#include <pthread.h>
#include <signal.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int pending;

static void on_usr1(int number) {
  (void)number;
  pthread_mutex_lock(&lock);  // expect: signal-unsafe-lock|self-deadlock
  ++pending;
  pthread_mutex_unlock(&lock);
}

int main(void) {
  signal(SIGUSR1, on_usr1);
  pthread_mutex_lock(&lock);  // also: signal-unsafe-lock, self-deadlock
  raise(SIGUSR1);             // also: signal-unsafe-lock, self-deadlock
  pthread_mutex_unlock(&lock);
  return 0;
}
