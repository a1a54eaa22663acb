// Orders threads of a scenario in a way that no tool sees: no pthread call, no system call through
// libc, and relaxed atomics only, so that it makes no happens-before edge either.
//
// An `invisible_step` counts: threads wait until it has reached a number, and advance it.
// An `invisible_barrier` lets `parties` threads go on when all of them have come.
// For tests only: relaxed atomics order nothing but the threads' own progress.
#ifndef TESTDATA_SUPPORT_INVISIBLE_BARRIER_H
#define TESTDATA_SUPPORT_INVISIBLE_BARRIER_H

typedef struct invisible_step {
  int value;
} invisible_step;

typedef struct invisible_barrier {
  int arrived;
  int parties;
} invisible_barrier;

#define INVISIBLE_STEP_INIT {0}
#define INVISIBLE_BARRIER_INIT(parties) {0, (parties)}

// sched_yield by hand: libc's could be interposed.
static inline void invisible_yield(void) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(24L) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long number __asm__("x8") = 124;
  register long result __asm__("x0");
  __asm__ volatile("svc 0" : "=r"(result) : "r"(number) : "memory");
#endif
}

static inline void invisible_step_await(invisible_step* step, int value) {
  while (__atomic_load_n(&step->value, __ATOMIC_RELAXED) < value) invisible_yield();
}

static inline void invisible_step_advance(invisible_step* step) {
  __atomic_fetch_add(&step->value, 1, __ATOMIC_RELAXED);
}

// One use only.
static inline void invisible_barrier_wait(invisible_barrier* barrier) {
  __atomic_fetch_add(&barrier->arrived, 1, __ATOMIC_RELAXED);
  while (__atomic_load_n(&barrier->arrived, __ATOMIC_RELAXED) < barrier->parties) invisible_yield();
}

#endif
