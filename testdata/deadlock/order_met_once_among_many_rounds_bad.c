// gridlock: mode=static,runtime flags="-O2 -fomit-frame-pointer"
//
// One place takes the journal under this shelf or that, thousands of times. That it was once done under the index
// is what closes the cycle: whatever was learnt of the rounds before must not hide it.
#include <pthread.h>
#include <stdlib.h>

#include "support/invisible_barrier.h"

#define KEPT __attribute__((noinline, noclone))

enum { kShelves = 3, kRounds = 5000 };

static pthread_mutex_t shelves[kShelves] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                            PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t fence = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static invisible_step turn = INVISIBLE_STEP_INIT;
static int written;

KEPT static void put(pthread_mutex_t *around) {
  if (pthread_mutex_lock(around) != 0) abort();
  pthread_mutex_lock(&journal);  // expect: lock-order-cycle
  ++written;
  pthread_mutex_unlock(&journal);
  pthread_mutex_unlock(around);
}

KEPT static void tidy(void) {
  pthread_mutex_lock(&fence);
  pthread_mutex_unlock(&fence);
}

static void *librarian(void *unused) {
  (void)unused;
  for (int round = 0; round < kRounds; ++round) {
    put(&shelves[round % kShelves]);
    tidy();
  }
  put(&index_lock);
  for (int round = 0; round < kRounds; ++round) {
    put(&shelves[round % kShelves]);
  }
  invisible_step_advance(&turn);
  return 0;
}

static void *auditor(void *unused) {
  (void)unused;
  invisible_step_await(&turn, 1);
  pthread_mutex_lock(&journal);
  pthread_mutex_lock(&index_lock);  // expect: lock-order-cycle
  pthread_mutex_unlock(&index_lock);
  pthread_mutex_unlock(&journal);
  return 0;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, librarian, 0);
  pthread_create(&second, 0, auditor, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return written != 2 * kRounds + 1;
}
