// gridlock: mode=static,runtime
//
// A pool gives memory out through an argument. That the two objects are not one shows in what they are: the
// thread reads numbers, main counts in a structure, and both look at the text of their own.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct statistics {
  char* text;
  long files;
};

static int pool_get(void** out, size_t size) {
  *out = calloc(1, size);
  return *out == NULL;
}

static void* add_up(void* argument) {
  long* numbers = argument;
  long sum = 0;
  for (int i = 0; i < 4; ++i) sum += numbers[i];
  printf("%ld\n", sum);
  return NULL;
}

int main(void) {
  long* numbers;
  struct statistics* statistics;
  if (pool_get((void**)&numbers, 4 * sizeof *numbers)) return 1;
  if (pool_get((void**)&statistics, sizeof *statistics)) return 1;
  numbers[2] = 7;
  pthread_t thread;
  pthread_create(&thread, NULL, add_up, numbers);
  statistics->text = "two";  // expect-none: data-race
  statistics->files += 2;    // expect-none: data-race
  pthread_join(thread, NULL);
  printf("%s %ld\n", statistics->text, statistics->files);
  free(statistics);
  free(numbers);
  return 0;
}
