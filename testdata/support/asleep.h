// For tests only: waits until another thread of this process sleeps in the kernel, by what /proc says of it.
// So a scenario can be sure that a thread has begun to wait, without a lock or a call that a tool would see.
#ifndef TESTDATA_SUPPORT_ASLEEP_H
#define TESTDATA_SUPPORT_ASLEEP_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/invisible_barrier.h"

#ifndef __cplusplus
extern pid_t gettid(void);  // declared with _GNU_SOURCE alone
#endif

// A thread's number, published by itself: asleep_here(&number), then awaited by others.
static inline void asleep_here(int* number) { __atomic_store_n(number, (int)gettid(), __ATOMIC_RELAXED); }

static inline void asleep_await(const int* number) {
  char path[64];
  int seen = 0;
  while (__atomic_load_n(number, __ATOMIC_RELAXED) == 0) invisible_yield();
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", __atomic_load_n(number, __ATOMIC_RELAXED));
  while (seen < 20) {  // for a while: it may have slept for another reason
    char text[256];
    const int file = open(path, O_RDONLY);
    const ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return;
    text[length] = '\0';
    const char* state = strrchr(text, ')');
    seen = state != NULL && state[2] == 'S' ? seen + 1 : 0;
    for (int i = 0; i < 50; ++i) invisible_yield();
  }
}

#endif
