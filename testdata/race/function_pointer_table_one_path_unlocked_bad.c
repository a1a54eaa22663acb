// gridlock: mode=static
//
// As the table with a lock, but "fast" commands are called before it is taken; one of them writes.
#include <pthread.h>

typedef void (*command)(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value;

static void up(void) { ++value; }        // also: data-race
static void touch(void) { value |= 1; }  // expect: data-race

static const command slow[] = {up};
static const command fast[] = {touch};

static void *serve(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) {
    fast[0]();
    pthread_mutex_lock(&lock);
    slow[0]();
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
  return 0;
}
