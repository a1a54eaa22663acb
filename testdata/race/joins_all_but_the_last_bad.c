// gridlock: mode=static
//
// Four threads are started in a loop, and three are joined in another.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static void* add(void* arg) {
  pthread_mutex_lock(&lock);
  total += *(int*)arg;  // expect: data-race
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  int values[4] = {1, 2, 3, 4};
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, add, &values[i]);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  return total != 10;  // expect: data-race
}
