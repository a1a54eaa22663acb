// The real functions, found once and eagerly: a look-up at the first call would hang when that call comes
// from a constructor that dlopen runs. They are the next ones in the loader's search order, not libc's: a
// sanitizer's or an allocator's wrapper behind us must keep working.
#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include <type_traits>

namespace gridlock::runtime {

struct Real {
#define HOOK(name) decltype(&::name) name;
#define HOOK_VERSION(name, node) decltype(&::name) name;
#define HOOK_OLD(name, node) decltype(&::name) name##_old;
#define HOOK_PLAIN(name, type) std::type_identity_t<type> name;
#define HOOK_OF(library, name, type) std::type_identity_t<type> name;
#define HOOK_MARK(name)
#include "runtime/hooks/functions.def"
#undef HOOK
#undef HOOK_VERSION
#undef HOOK_OLD
#undef HOOK_PLAIN
#undef HOOK_OF
#undef HOOK_MARK
};

extern Real real __attribute__((visibility("hidden")));

void resolveReal();

// The library that a function lies in, for comparison; nullptr when that cannot be told.
const void* libraryOf(const void* address);
const void* libcItself();
template <typename Function>
const void* addressOfFunction(Function* function) {
  return reinterpret_cast<const void*>(function);
}
// Whether nobody's wrapper stands between us and libc at any of these.
template <typename... Functions>
bool areLibcs(Functions*... functions) {
  const void* libc = libcItself();
  return libc != nullptr && (... && (libraryOf(addressOfFunction(functions)) == libc));
}

}  // namespace gridlock::runtime
