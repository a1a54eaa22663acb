// gridlock: mode=static
//
// A table is made by a first thread and comes back through pthread_join; then two threads fill it unlocked.
#include <pthread.h>
#include <stdlib.h>

struct table {
  long rows;
};

static void* load(void* arg) {
  struct table* t = malloc(sizeof *t);
  (void)arg;
  t->rows = 0;  // expect-none: data-race
  return t;
}

static void* fill(void* arg) {
  struct table* t = arg;
  t->rows++;  // expect: data-race
  return NULL;
}

int main(void) {
  pthread_t loader, a, b;
  void* table = NULL;
  pthread_create(&loader, NULL, load, NULL);
  pthread_join(loader, &table);
  pthread_create(&a, NULL, fill, table);
  pthread_create(&b, NULL, fill, table);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  free(table);
  return 0;
}
