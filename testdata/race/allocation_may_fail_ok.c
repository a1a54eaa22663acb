// gridlock: mode=static,runtime  expect-none: data-race
//
// Two objects from one allocation function that may also return NULL: they are two objects, and what
// one thread frees is not what the other one writes.
#include <pthread.h>
#include <stdlib.h>

struct request {
  int size;
};
struct reply {
  int status;
};

static struct request* request;
static struct reply* reply;

static void* tryAllocate(size_t size) {
  if (size > 1000000) return NULL;
  void* memory = calloc(1, size);
  if (memory == NULL) return NULL;
  return memory;
}

static void* allocate(size_t size) {
  void* memory = tryAllocate(size);
  if (memory == NULL) abort();
  return memory;
}

static void* answer(void* unused) {
  (void)unused;
  reply->status++;
  return NULL;
}

int main(void) {
  request = allocate(sizeof *request);
  reply = allocate(sizeof *reply);
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer, NULL) != 0) return 1;
  request->size++;
  free(request);
  pthread_join(thread, NULL);
  return reply->status == 1 ? 0 : 1;
}
