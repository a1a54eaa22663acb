// gridlock: mode=static args=--rule=signal-unsafe-lock
//
// The handler writes a report of a crash, and takes the log's lock. When the crash came inside of the log, it hangs:
// worth a note; the program is lost anyway.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void say(const char *text) {
  pthread_mutex_lock(&lock);  // expect: signal-unsafe-lock severity=note
  fputs(text, stderr);
  pthread_mutex_unlock(&lock);
}

static void on_crash(int number) {
  (void)number;
  say("crashed\n");
  _Exit(1);
}

int main(void) {
  struct sigaction action = {.sa_handler = on_crash};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGABRT, &action, 0);
  say("started\n");
  return 0;
}
