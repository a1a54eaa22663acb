// gridlock: mode=static,runtime  expect-none: data-race
// An atomic counter gives each thread a slot of its own.
#include <pthread.h>
#include <stdatomic.h>

struct slot {
  long hits;
};

static struct slot slots[4];
static atomic_int next;

static void *work(void *arg) {
  int mine = atomic_fetch_add(&next, 1);
  for (int i = 0; i < 10; i++) slots[mine].hits++;
  return arg;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, work, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  return slots[0].hits != 10;
}
