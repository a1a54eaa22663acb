// gridlock: mode=static
//
// The twin of allocation_wrapper_serves_two_kinds_ok: here the thread counts in the object that main counts
// in.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct statistics {
  long files;
  long bytes;
};

static void give_up(size_t size) {
  fprintf(stderr, "out of memory: %zu\n", size);
  abort();
}

static void (*out_of_memory)(size_t) = give_up;

static void* try_allocate(size_t size) {
  if (size >= SIZE_MAX / 2) return NULL;
  void* memory = calloc(1, size);
  if (memory == NULL) return NULL;
  return memory;
}

static void* allocate(size_t size) {
  void* memory = try_allocate(size);
  if (!memory) out_of_memory(size);
  return memory;
}

static void* count_files(void* argument) {
  struct statistics* statistics = argument;
  statistics->files += 1;  // expect: data-race
  return NULL;
}

int main(void) {
  char** names = allocate(2 * sizeof *names);
  names[0] = "first";
  struct statistics* statistics = allocate(sizeof *statistics);
  pthread_t thread;
  pthread_create(&thread, NULL, count_files, statistics);
  statistics->files += 2;  // expect: data-race
  pthread_join(thread, NULL);
  printf("%s %ld\n", names[0], statistics->files);
  free(statistics);
  free(names);
  return 0;
}
