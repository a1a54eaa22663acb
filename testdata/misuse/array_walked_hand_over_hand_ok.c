// gridlock: mode=static,runtime  expect-none: unlock-not-held, lock-not-released
// Items go through the stages of a line, hand over hand: the next lock is taken before the last one is given back. One
// element has several names here: 0 and `i - 1`, `i` and the last.
#include <pthread.h>

enum { kStages = 4 };
static struct {
  pthread_mutex_t lock;
  int load;
} stages[kStages];

static void *item(void *unused) {
  pthread_mutex_lock(&stages[0].lock);
  ++stages[0].load;  // also: data-race severity=note
  for (int i = 1; i < kStages; ++i) {
    pthread_mutex_lock(&stages[i].lock);
    pthread_mutex_unlock(&stages[i - 1].lock);
    ++stages[i].load;  // also: data-race severity=note
  }
  pthread_mutex_unlock(&stages[kStages - 1].lock);
  return unused;
}

int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < kStages; ++i) pthread_mutex_init(&stages[i].lock, NULL);
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, item, NULL);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return stages[kStages - 1].load - 2;
}
