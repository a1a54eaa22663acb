// The lock type that a scenario is compiled for: -DLOCK_UNDER_TEST_MUTEX and so on, one build each
// (the header key `locks=` lists them). Without any, a plain pthread mutex.
//
// Macros, so that an acquisition stands on the scenario's own line.
//   TestedLock          the type; LOCK_INIT its static initialiser
//   lock_init(l)        for those that need a call (error-checking, recursive, spin, …); always call it
//   acquire(l) release(l) try_acquire(l) (true when taken) lock_destroy(l)
#ifndef TESTDATA_SUPPORT_LOCK_UNDER_TEST_H
#define TESTDATA_SUPPORT_LOCK_UNDER_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>

#if defined(LOCK_UNDER_TEST_STD_MUTEX) || defined(LOCK_UNDER_TEST_STD_RECURSIVE) || \
    defined(LOCK_UNDER_TEST_STD_TIMED) || defined(LOCK_UNDER_TEST_STD_SHARED) ||    \
    defined(LOCK_UNDER_TEST_STD_RECURSIVE_TIMED)

#include <mutex>
#include <shared_mutex>
#if defined(LOCK_UNDER_TEST_STD_MUTEX)
typedef std::mutex TestedLock;
#elif defined(LOCK_UNDER_TEST_STD_RECURSIVE)
typedef std::recursive_mutex TestedLock;
#elif defined(LOCK_UNDER_TEST_STD_TIMED)
typedef std::timed_mutex TestedLock;
#elif defined(LOCK_UNDER_TEST_STD_RECURSIVE_TIMED)
typedef std::recursive_timed_mutex TestedLock;
#else
typedef std::shared_mutex TestedLock;
#endif
#define LOCK_INIT \
  {               \
  }
#define lock_init(l) ((void)(l))
#define acquire(l) ((l).lock())
#define try_acquire(l) ((l).try_lock())
#define release(l) ((l).unlock())
#define lock_destroy(l) ((void)(l))

#elif defined(LOCK_UNDER_TEST_RWLOCK_WRITE)

typedef pthread_rwlock_t TestedLock;
#define LOCK_INIT PTHREAD_RWLOCK_INITIALIZER
#define lock_init(l) pthread_rwlock_init(&(l), 0)
#define acquire(l) pthread_rwlock_wrlock(&(l))
#define try_acquire(l) (pthread_rwlock_trywrlock(&(l)) == 0)
#define release(l) pthread_rwlock_unlock(&(l))
#define lock_destroy(l) pthread_rwlock_destroy(&(l))

#elif defined(LOCK_UNDER_TEST_SPIN)

typedef pthread_spinlock_t TestedLock;
#define LOCK_INIT 0
#define lock_init(l) pthread_spin_init(&(l), PTHREAD_PROCESS_PRIVATE)
#define acquire(l) pthread_spin_lock(&(l))
#define try_acquire(l) (pthread_spin_trylock(&(l)) == 0)
#define release(l) pthread_spin_unlock(&(l))
#define lock_destroy(l) pthread_spin_destroy(&(l))

#else

typedef pthread_mutex_t TestedLock;
#if defined(LOCK_UNDER_TEST_RECURSIVE)
#define LOCK_INIT PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP
#define LOCK_UNDER_TEST_KIND PTHREAD_MUTEX_RECURSIVE
#elif defined(LOCK_UNDER_TEST_ERRORCHECK)
#define LOCK_INIT PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP
#define LOCK_UNDER_TEST_KIND PTHREAD_MUTEX_ERRORCHECK
#elif defined(LOCK_UNDER_TEST_ADAPTIVE)
#define LOCK_INIT PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
#define LOCK_UNDER_TEST_KIND PTHREAD_MUTEX_ADAPTIVE_NP
#else
#define LOCK_INIT PTHREAD_MUTEX_INITIALIZER
#define LOCK_UNDER_TEST_KIND PTHREAD_MUTEX_NORMAL
#endif
#define lock_init(l)                                                        \
  do {                                                                      \
    pthread_mutexattr_t lock_init_attributes;                               \
    pthread_mutexattr_init(&lock_init_attributes);                          \
    pthread_mutexattr_settype(&lock_init_attributes, LOCK_UNDER_TEST_KIND); \
    pthread_mutex_init(&(l), &lock_init_attributes);                        \
    pthread_mutexattr_destroy(&lock_init_attributes);                       \
  } while (0)
#define acquire(l) pthread_mutex_lock(&(l))
#define try_acquire(l) (pthread_mutex_trylock(&(l)) == 0)
#define release(l) pthread_mutex_unlock(&(l))
#define lock_destroy(l) pthread_mutex_destroy(&(l))

#endif
#endif
