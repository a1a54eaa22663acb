// gridlock: mode=static  expect-none: data-race
//
// Who counts the references down to nothing frees alone.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
  int references;
  char name[16];
};

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static struct entry* current;

static struct entry* use(void) {
  pthread_mutex_lock(&mu);
  struct entry* e = current;
  e->references++;
  pthread_mutex_unlock(&mu);
  return e;
}

static void leave(struct entry* e) {
  pthread_mutex_lock(&mu);
  int last = --e->references == 0;
  pthread_mutex_unlock(&mu);
  if (last) free(e);
}

static void* client(void* arg) {
  struct entry* e = use();
  size_t n = strlen(e->name);
  leave(e);
  return n ? arg : NULL;
}

int main(void) {
  pthread_t t[2];
  current = calloc(1, sizeof *current);
  current->references = 1;
  for (int i = 0; i < 2; i++) pthread_create(&t[i], NULL, client, NULL);
  for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
  leave(current);
  return 0;
}
