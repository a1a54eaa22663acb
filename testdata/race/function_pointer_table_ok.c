// gridlock: mode=static,runtime  expect-none: data-race
//
// Commands are called through a table; the dispatcher holds the lock around every one of them.
#include <pthread.h>

typedef void (*command)(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;
static int resets;

static void up(void) { ++value; }
static void down(void) { --value; }
static void reset(void) {
  value = 0;
  ++resets;
}

static const command commands[] = {up, down, reset};

static void *serve(void *argument) {
  (void)argument;
  for (int i = 0; i < 300; ++i) {
    pthread_mutex_lock(&lock);
    commands[i % 3]();
    pthread_mutex_unlock(&lock);
  }
  return 0;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, serve, 0);
  pthread_create(&second, 0, serve, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return resets == 200 ? 0 : 1;
}
