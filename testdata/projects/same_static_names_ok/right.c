#include "units.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

static void change(int by) {
  pthread_mutex_lock(&lock);
  value += by;
  pthread_mutex_unlock(&lock);
}

void right_touch(void) { change(2); }
