// gridlock: mode=static  expect-none: data-race
//
// The mover holds its own lock while a helper tries the lock of each slot, and drops it through a variable
// that several ways have set. The mover's lock is held all along.
#include <pthread.h>

#define SLOTS 8

static pthread_mutex_t mover_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t slot_locks[SLOTS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                            PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                            PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                            PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static int wanted;
static int moved;

static void* try_slot(unsigned hash) {
  pthread_mutex_t* lock = &slot_locks[hash % SLOTS];
  return pthread_mutex_trylock(lock) == 0 ? lock : 0;
}

static void leave_slot(void* lock) { pthread_mutex_unlock((pthread_mutex_t*)lock); }

static int move_one(unsigned hash) {
  void* held = 0;
  int status = 0;
  if (hash & 1) {
    held = try_slot(hash);
    status = held ? 1 : 2;
  }
  switch (status) {
    case 1:
      leave_slot(held);
      break;
    case 2:
    case 0:
      break;
  }
  return status == 1;
}

static void* mover(void* argument) {
  (void)argument;
  pthread_mutex_lock(&mover_lock);
  for (unsigned i = 0; i < 100; ++i) {
    moved += move_one(i);
    wanted = 0;
  }
  pthread_mutex_unlock(&mover_lock);
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, mover, 0);
  pthread_mutex_lock(&mover_lock);
  wanted = 1;
  int seen = moved;
  pthread_mutex_unlock(&mover_lock);
  pthread_join(thread, 0);
  return seen > 100;
}
