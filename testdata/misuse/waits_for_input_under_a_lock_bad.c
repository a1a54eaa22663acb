// gridlock: mode=runtime validate=none
//
// A reader waits for its peer with the connection's lock held: for 30 ms here, for ever with a bad peer. So
// do a wait for a child process, and one for a notification under a second lock.
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t connection = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static int ends[2];

static void pause_for(long milliseconds) {
  struct timespec time = {0, milliseconds * 1000000};
  nanosleep(&time, 0);
}

static void* peer(void* argument) {
  pause_for(30);
  if (write(ends[1], "x", 1) != 1) return argument;
  return 0;
}

int main(void) {
  char byte;
  pthread_t thread;
  if (pipe(ends) != 0) return 1;
  pthread_create(&thread, 0, peer, 0);
  pthread_mutex_lock(&connection);
  if (read(ends[0], &byte, 1) != 1) return 1;  // expect: blocking-while-locked
  struct pollfd fd = {ends[0], POLLIN, 0};
  poll(&fd, 1, 20);  // expect: blocking-while-locked
  pthread_mutex_unlock(&connection);
  pthread_join(thread, 0);

  const pid_t child = fork();
  if (child == 0) {
    pause_for(5);
    _exit(0);
  }
  pthread_mutex_lock(&connection);
  waitpid(child, 0, 0);  // expect: blocking-while-locked
  pthread_mutex_lock(&queue);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    ++until.tv_sec;
  }
  pthread_cond_timedwait(&ready, &queue, &until);  // expect: blocking-while-locked
  pthread_mutex_unlock(&queue);
  pthread_mutex_unlock(&connection);
  return 0;
}
