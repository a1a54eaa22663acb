// gridlock: mode=static
//
// The server holds the gate while it starts its workers and finishes its tables; a worker takes and drops the
// gate before it looks at them.
#include <pthread.h>

#define WORKERS 4

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int ports[WORKERS];
static int workers_ready;

static void* worker(void* arg) {
  int sum = 0;
  pthread_mutex_lock(&gate);
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < WORKERS; ++i) sum += ports[i];  // expect-none: data-race
  return sum == workers_ready ? arg : NULL;           // expect-none: data-race
}

int main(void) {
  pthread_t threads[WORKERS];
  pthread_mutex_lock(&gate);
  for (int i = 0; i < WORKERS; ++i) {
    pthread_create(&threads[i], NULL, worker, NULL);
    ports[i] = 8000 + i;  // expect-none: data-race
  }
  workers_ready = WORKERS;
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < WORKERS; ++i) pthread_join(threads[i], NULL);
  return 0;
}
