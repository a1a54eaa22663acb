/* Runs a function and then another, however the first one ends: by return, C++ exception, cancellation or
   pthread_exit. In C, because the C personality routine is in libgcc while that of C++ is in libstdc++. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

void gridlock_call_then(void (*function)(void), void (*then)(void*), void* argument)
    __attribute__((visibility("hidden")));

#ifdef __cplusplus
}
#endif
