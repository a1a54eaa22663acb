// gridlock: mode=static
//
// The buffer that `read` fills is printed after the reader was joined; what is formatted meanwhile is each
// thread's own.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static char line[256];

static void* receive(void* arg) {
  int fd = *(int*)arg;
  char status[64];
  snprintf(status, sizeof status, "fd %d", fd);
  while (read(fd, line, sizeof line) > 0) puts(status);  // expect-none: data-race
  return NULL;
}

int main(void) {
  int fd = 0;
  char status[64];
  pthread_t t;
  pthread_create(&t, NULL, receive, &fd);
  snprintf(status, sizeof status, "waiting");
  puts(status);
  pthread_join(t, NULL);
  fputs(line, stderr);  // expect-none: data-race
  return 0;
}
