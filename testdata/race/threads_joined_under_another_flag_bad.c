// gridlock: mode=static
//
// The worker is started under one flag and joined under another: without `wait` it still runs when the sum
// is read.
#include <pthread.h>

static long total;

static void* work(void* argument) {
  (void)argument;
  total += 4;  // expect: data-race
  return 0;
}

int main(int argc, char** argv) {
  (void)argv;
  int parallel = argc < 2;
  int wait = argc == 1 ? 0 : 1;
  pthread_t thread;
  if (parallel) pthread_create(&thread, 0, work, 0);
  if (wait) pthread_join(thread, 0);
  total += 1;  // expect: data-race
  if (parallel && !wait) {
    pthread_join(thread, 0);
  }
  return 0;
}
