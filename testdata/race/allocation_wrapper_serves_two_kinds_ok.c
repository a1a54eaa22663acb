// gridlock: mode=static,runtime
//
// All memory comes from one wrapper, which asks a helper that may fail and has a handler for that. The thread
// reads its list of names while main counts in another object of the same wrapper.
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

static void* reallocate(void* old, size_t size) {
  if (old == NULL) return allocate(size);
  void* memory = realloc(old, size);
  if (!memory) out_of_memory(size);
  return memory;
}

static void* print_names(void* argument) {
  char** names = argument;
  for (int i = 0; names[i]; ++i) puts(names[i]);
  return NULL;
}

int main(void) {
  char** names = allocate(2 * sizeof *names);
  names = reallocate(names, 3 * sizeof *names);
  names[0] = "first";
  names[1] = "second";
  names[2] = NULL;
  struct statistics* statistics = allocate(sizeof *statistics);
  statistics = reallocate(statistics, 2 * sizeof *statistics);
  pthread_t thread;
  pthread_create(&thread, NULL, print_names, names);
  statistics->files = 2;  // expect-none: data-race
  statistics->bytes += 11;
  pthread_join(thread, NULL);
  printf("%ld %ld\n", statistics->files, statistics->bytes);
  free(statistics);
  free(names);
  return 0;
}
