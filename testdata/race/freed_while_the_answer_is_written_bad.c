// gridlock: mode=static
//
// As its twin, but the reply is freed while the thread still writes it.
#include <pthread.h>
#include <stdlib.h>

struct reply {
  int status;
};

static struct reply *reply;

static void *tryAllocate(size_t size) {
  if (size > 1000000) return NULL;
  void *memory = calloc(1, size);
  if (memory == NULL) return NULL;
  return memory;
}

static void *allocate(size_t size) {
  void *memory = tryAllocate(size);
  if (memory == NULL) abort();
  return memory;
}

static void *answer(void *unused) {
  (void)unused;
  reply->status++;  // expect: data-race
  return NULL;
}

int main(void) {
  reply = allocate(sizeof *reply);
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer, NULL) != 0) return 1;
  free(reply);
  pthread_join(thread, NULL);
  return 0;
}
