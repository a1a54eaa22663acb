// gridlock: mode=static
//
// A hook calls the function that calls it, which holds the lock.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
struct hook {
  void (*fn)(void*, int);
  void* arg;
  struct hook* next;
};
struct source {
  pthread_mutex_t mu;
  struct hook* hooks;
  int value;
};
static void source_set(struct source* s, int v) {
  pthread_mutex_lock(&s->mu);  // expect: self-deadlock
  s->value = v;
  for (struct hook* h = s->hooks; h; h = h->next) h->fn(h->arg, v);
  pthread_mutex_unlock(&s->mu);
}
static void source_hook(struct source* s, void (*fn)(void*, int), void* arg) {
  struct hook* h = malloc(sizeof *h);
  h->fn = fn;
  h->arg = arg;
  pthread_mutex_lock(&s->mu);
  h->next = s->hooks;
  s->hooks = h;
  pthread_mutex_unlock(&s->mu);
}
static void clamp(void* arg, int v) {
  if (v > 10) source_set(arg, 10);
}
static void* feed(void* arg) {
  for (int i = 8; i < 14; i++) source_set(arg, i);
  return NULL;
}
int main(void) {
  static struct source temp = {PTHREAD_MUTEX_INITIALIZER, NULL, 0};
  pthread_t t;
  source_hook(&temp, clamp, &temp);
  pthread_create(&t, NULL, feed, &temp);
  pthread_join(t, NULL);
  printf("%d\n", temp.value);
  return 0;
}
