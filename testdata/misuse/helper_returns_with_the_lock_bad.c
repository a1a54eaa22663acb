// gridlock: mode=static
// A helper forgets the lock on its way out when the table is full. Threads call it, and main does, too: what matters
// is what the threads are left with.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int used;

static int add(void) {
  pthread_mutex_lock(&lock);  // expect: lock-not-released severity=warning
  if (used == 8) return -1;   // expect: lock-not-released
  ++used;
  pthread_mutex_unlock(&lock);
  return 0;
}

static void *adder(void *unused) {
  for (int i = 0; i < 5; ++i) add();  // also: lock-not-released
  return unused;
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, adder, NULL);
  pthread_create(&b, NULL, adder, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  for (int i = 0; i < 4; ++i)
    if (add()) break;
  return 0;
}
