// gridlock: mode=static  expect-none: data-race
//
// What a job points to was made with it.
#include <pthread.h>
#include <stdlib.h>
struct srv {
  int count;
};
struct work {
  struct srv* s;
  int v;
  struct work* next;
};
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static struct work* head;
static void* worker(void* a) {
  for (;;) {
    pthread_mutex_lock(&mu);
    struct work* w = head;
    if (!w) {
      pthread_mutex_unlock(&mu);
      return a;
    }
    head = w->next;
    pthread_mutex_unlock(&mu);
    w->v++;
    w->s->count++;
    free(w);
  }
}
int main(void) {
  pthread_t t[2];
  for (int i = 0; i < 9; i++) {
    struct work* w = malloc(sizeof *w);
    w->s = calloc(1, sizeof *w->s);
    pthread_mutex_lock(&mu);
    w->next = head;
    head = w;
    pthread_mutex_unlock(&mu);
  }
  for (int i = 0; i < 2; i++) pthread_create(&t[i], NULL, worker, NULL);
  for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
  return 0;
}
