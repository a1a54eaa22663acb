// gridlock: mode=static
//
// The server opens the gate before it has finished its tables.
#include <pthread.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int workers_ready;

static void* worker(void* arg) {
  pthread_mutex_lock(&gate);
  pthread_mutex_unlock(&gate);
  return workers_ready ? arg : NULL;  // expect: data-race
}

int main(void) {
  pthread_t thread;
  pthread_mutex_lock(&gate);
  pthread_create(&thread, NULL, worker, NULL);
  pthread_mutex_unlock(&gate);
  workers_ready = 1;  // expect: data-race
  pthread_join(thread, NULL);
  return 0;
}
