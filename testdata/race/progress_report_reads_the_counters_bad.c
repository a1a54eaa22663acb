// gridlock: mode=static
//
// The same report, printed while the work goes on: nothing ends the process, and the numbers tear.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long requests;
static long bytes;

static void print_report(const char *why) {
  fprintf(stderr, "%s after %ld requests, %ld bytes\n", why,
          requests,  // expect: data-race
          bytes);    // expect: data-race
}

static void failed(const char *why) {
  print_report(why);
  abort();
}

static void count(long size) {
  if (size < 0) failed("a request of negative size");
  if (size % 100 == 0) print_report("still running");
  pthread_mutex_lock(&lock);
  requests++;
  bytes += size;
  pthread_mutex_unlock(&lock);
}

static void *serve(void *unused) {
  (void)unused;
  for (long i = 0; i < 1000; i++) count(i);
  return NULL;
}

int main(void) {
  pthread_t first, second;
  if (pthread_create(&first, NULL, serve, NULL) != 0) return 1;
  if (pthread_create(&second, NULL, serve, NULL) != 0) return 1;
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return requests == 2000 ? 0 : 1;
}
