#include "units.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

static void change(int by) {
  pthread_mutex_lock(&lock);
  value += by;
  right_touch();
  pthread_mutex_unlock(&lock);
}

void left_work(void) { change(1); }
