// gridlock: mode=static,runtime validate=none
//
// A statistics helper takes the spin lock that its caller already holds: the thread spins forever.
#include <pthread.h>

static pthread_spinlock_t lock;
static long hits;
static long misses;

static double ratio(void) {
  pthread_spin_lock(&lock);  // expect: self-deadlock
  double result = hits ? (double)hits / (double)(hits + misses) : 0;
  pthread_spin_unlock(&lock);
  return result;
}

static double record_hit(void) {
  pthread_spin_lock(&lock);  // also: self-deadlock
  ++hits;
  double now = ratio();  // also: self-deadlock
  pthread_spin_unlock(&lock);
  return now;
}

int main(void) {
  pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
  return record_hit() > 0 ? 0 : 1;
}
