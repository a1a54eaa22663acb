#include "registry.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static handler handlers[8];
static int count;

void registry_add(handler h) {
  pthread_mutex_lock(&lock);
  if (count < 8) handlers[count++] = h;
  pthread_mutex_unlock(&lock);
}

void registry_fire(int event) {
  handler now[8];
  pthread_mutex_lock(&lock);
  int n = count;
  for (int i = 0; i < n; ++i) now[i] = handlers[i];
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < n; ++i) now[i](event);
}

int registry_count(void) {
  pthread_mutex_lock(&lock);
  int n = count;
  pthread_mutex_unlock(&lock);
  return n;
}
