// gridlock: mode=runtime flags=-D_GNU_SOURCE  expect-none: deadlock, lost-wakeup, self-deadlock
//
// Every wait with a time limit, by either clock, for something that does not happen: each ends by itself.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static sem_t slots;

static struct timespec soon(clockid_t clock) {
  struct timespec until;
  clock_gettime(clock, &until);
  until.tv_nsec += 60000000;
  if (until.tv_nsec >= 1000000000) ++until.tv_sec, until.tv_nsec -= 1000000000;
  return until;
}

static void* tries(void* argument) {
  int* wrong = argument;
  for (int i = 0; i < 2; ++i) {
    const clockid_t clock = i == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    struct timespec until = soon(clock);
    *wrong += pthread_mutex_clocklock(&other, clock, &until) != ETIMEDOUT;
    until = soon(clock);
    *wrong += pthread_rwlock_clockrdlock(&book, clock, &until) != ETIMEDOUT;
    until = soon(clock);
    *wrong += pthread_rwlock_clockwrlock(&book, clock, &until) != ETIMEDOUT;
    until = soon(clock);
    *wrong += sem_clockwait(&slots, clock, &until) != -1 || errno != ETIMEDOUT;
    until = soon(clock);
    pthread_mutex_lock(&mutex);
    *wrong += pthread_cond_clockwait(&changed, &mutex, clock, &until) != ETIMEDOUT;
    pthread_mutex_unlock(&mutex);
  }
  struct timespec until = soon(CLOCK_REALTIME);
  *wrong += pthread_mutex_timedlock(&other, &until) != ETIMEDOUT;
  until = soon(CLOCK_REALTIME);
  *wrong += pthread_rwlock_timedrdlock(&book, &until) != ETIMEDOUT;
  until = soon(CLOCK_REALTIME);
  *wrong += pthread_rwlock_timedwrlock(&book, &until) != ETIMEDOUT;
  until = soon(CLOCK_REALTIME);
  *wrong += sem_timedwait(&slots, &until) != -1 || errno != ETIMEDOUT;
  until = soon(CLOCK_REALTIME);
  pthread_mutex_lock(&mutex);
  *wrong += pthread_cond_timedwait(&changed, &mutex, &until) != ETIMEDOUT;
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(void) {
  int wrong = 0;
  pthread_t thread;
  sem_init(&slots, 0, 0);
  pthread_mutex_lock(&other);
  pthread_rwlock_wrlock(&book);
  pthread_create(&thread, 0, tries, &wrong);
  for (struct timespec second = {2, 0}; pthread_tryjoin_np(thread, 0) == EBUSY && second.tv_sec > 0;
       --second.tv_sec)
    nanosleep(&(struct timespec){1, 0}, 0);
  pthread_rwlock_unlock(&book);
  pthread_mutex_unlock(&other);
  return wrong;
}
