// gridlock: mode=static  expect-none: data-race
//
// Workers run only when there is more than one core, and are joined under the same flag: the sum is read
// when nobody else is left, either way.
#include <pthread.h>

#define WORKERS 3

static long parts[WORKERS];
static long total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void add(long value) {
  pthread_mutex_lock(&lock);
  total += value;
  pthread_mutex_unlock(&lock);
}

static void* work(void* argument) {
  add(*(long*)argument);
  return 0;
}

int main(int argc, char** argv) {
  (void)argv;
  int alone = argc > 1;
  pthread_t threads[WORKERS];
  for (int file = 0; file < 2; ++file) {
    total = 0;
    for (int i = 0; i < WORKERS; ++i) parts[i] = i + file;
    if (!alone) {
      for (int i = 0; i < WORKERS; ++i) pthread_create(&threads[i], 0, work, &parts[i]);
    } else {
      for (int i = 0; i < WORKERS; ++i) add(parts[i]);
    }
    if (!alone) {
      for (int i = 0; i < WORKERS; ++i) pthread_join(threads[i], 0);
    }
    if (total != 3 + 3 * file) return 1;
  }
  return 0;
}
