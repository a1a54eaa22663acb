// gridlock: mode=static
// The twin of slot_drawn_from_a_counter_ok.c: the counter is read again, and may be another's.
#include <pthread.h>
#include <stdatomic.h>

struct slot {
  long hits;
};

static struct slot slots[8];
static atomic_int next;

static void *work(void *arg) {
  atomic_fetch_add(&next, 1);
  for (int i = 0; i < 10; i++) slots[atomic_load(&next)].hits++;  // expect: data-race
  return arg;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, work, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  return slots[0].hits != 0;
}
