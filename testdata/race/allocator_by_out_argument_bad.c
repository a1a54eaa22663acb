// gridlock: mode=static
//
// The twin of allocator_by_out_argument_ok: main goes on to fill the numbers that the thread adds up.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static int pool_get(void** out, size_t size) {
  *out = calloc(1, size);
  return *out == NULL;
}

static void* add_up(void* argument) {
  long* numbers = argument;
  long sum = 0;
  for (int i = 0; i < 4; ++i) sum += numbers[i];  // expect: data-race
  printf("%ld\n", sum);
  return NULL;
}

int main(void) {
  long* numbers;
  if (pool_get((void**)&numbers, 4 * sizeof *numbers)) return 1;
  numbers[2] = 7;
  pthread_t thread;
  pthread_create(&thread, NULL, add_up, numbers);
  numbers[3] = 9;  // expect: data-race
  pthread_join(thread, NULL);
  free(numbers);
  return 0;
}
