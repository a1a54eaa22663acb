// gridlock: mode=static  expect-none: data-race
//
// A loop looks for the session with the one before it; once unlinked under the lock it is nobody else's.
#include <pthread.h>
#include <stdlib.h>
struct sess {
  int id;
  int hits;
  struct sess* next;
};
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static struct sess* all;
static void add(int id) {
  struct sess* s = calloc(1, sizeof *s);
  s->id = id;
  pthread_mutex_lock(&mu);
  s->next = all;
  all = s;
  pthread_mutex_unlock(&mu);
}
static int del(int id) {
  struct sess *prev = NULL, *s;
  pthread_mutex_lock(&mu);
  for (s = all; s; prev = s, s = s->next)
    if (s->id == id) break;
  if (s) {
    if (prev)
      prev->next = s->next;
    else
      all = s->next;
  }
  pthread_mutex_unlock(&mu);
  if (!s) return -1;
  int h = s->hits;
  free(s);
  return h;
}
static void touch(int id) {
  pthread_mutex_lock(&mu);
  for (struct sess* s = all; s; s = s->next)
    if (s->id == id) s->hits++;
  pthread_mutex_unlock(&mu);
}
static void* user(void* a) {
  int id = *(int*)a;
  for (int i = 0; i < 20; i++) {
    add(id);
    touch(id);
    del(id);
  }
  return a;
}
int main(void) {
  pthread_t t[3];
  int ids[3];
  for (int i = 0; i < 3; i++) {
    ids[i] = i % 2;
    pthread_create(&t[i], 0, user, &ids[i]);
  }
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  return 0;
}
