// gridlock: mode=static,runtime  expect-none: data-race, lost-wakeup, wait-without-predicate
//
// Request and reply through one mutex and one condition variable; the payload is touched under the lock only.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int has_request;
static int has_reply;
static int payload;

static void *server(void *argument) {
  (void)argument;
  for (int i = 0; i < 50; ++i) {
    pthread_mutex_lock(&lock);
    while (!has_request) pthread_cond_wait(&changed, &lock);
    has_request = 0;
    payload *= 2;
    has_reply = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
  }
  return 0;
}

static int ask(int n) {
  pthread_mutex_lock(&lock);
  payload = n;
  has_request = 1;
  pthread_cond_broadcast(&changed);
  while (!has_reply) pthread_cond_wait(&changed, &lock);
  has_reply = 0;
  int reply = payload;
  pthread_mutex_unlock(&lock);
  return reply;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, server, 0);
  int wrong = 0;
  for (int i = 0; i < 50; ++i) wrong += ask(i) != 2 * i;
  pthread_join(thread, 0);
  return wrong;
}
