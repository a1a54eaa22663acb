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
  pthread_mutex_lock(&lock);  // also: self-deadlock
  for (int i = 0; i < count; ++i) handlers[i](event);  // also: self-deadlock
  pthread_mutex_unlock(&lock);
}

int registry_count(void) {
  pthread_mutex_lock(&lock);  // expect: self-deadlock
  int n = count;
  pthread_mutex_unlock(&lock);
  return n;
}
