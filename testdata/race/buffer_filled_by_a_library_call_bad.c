// gridlock: mode=static
//
// One thread lets `read` and `snprintf` write into buffers that another prints or sends at the same time:
// the calls touch the memory they are given.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char line[256];
static char status[64];
static int* samples;

static void* receive(void* arg) {
  int fd = *(int*)arg;
  while (read(fd, line, sizeof line) > 0) {             // expect: data-race
    snprintf(status, sizeof status, "fd %d busy", fd);  // expect: data-race
    samples = realloc(samples, 64);                     // expect: data-race
  }
  return NULL;
}

int main(void) {
  int fd = 0;
  pthread_t t;
  samples = calloc(4, sizeof *samples);
  pthread_create(&t, NULL, receive, &fd);
  fputs(line, stderr);     // expect: data-race
  printf("%s\n", status);  // expect: data-race
  free(samples);           // expect: data-race
  pthread_join(t, NULL);
  return 0;
}
