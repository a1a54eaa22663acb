// gridlock: mode=static
//
// The reporter copies the statistics as a whole, without the lock that their fields are counted under.
#include <pthread.h>
#include <string.h>

struct statistics {
  long hits;
  long misses;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct statistics statistics;

static void *serve(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  statistics.hits++;    // expect: data-race
  statistics.misses++;  // expect: data-race
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, serve, NULL) != 0) return 1;
  struct statistics copy;
  memcpy(&copy, &statistics, sizeof copy);  // expect: data-race
  pthread_join(thread, NULL);
  return copy.hits > 1;
}
