// Threads and processes: start, join, end, fork, and libraries that go away.

#include <dlfcn.h>
#include <errno.h>
#include <threads.h>

#include "runtime/base/sys.h"

#include "runtime/hooks/real.h"
#include "runtime/hooks/thread_start.h"

using namespace gridlock::runtime;

namespace {

// The record belongs to this very process: not that of a parent by fork or vfork.
bool isOwnRecord() { return recordIsOurs() && current.header->pid == gridlock::sys::getpid(); }

void endingQuickly(int status) {
  initialise();
  if (!isOwnRecord()) return;
  setLife(gridlock::record::LifeCycle::kQuickExited, status & 0xff);
  reportAtQuickExit();
}

}  // namespace

GRIDLOCK_EXPORT int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                                   void* (*routine)(void*), void* argument) noexcept {
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) pthread_attr_getdetachstate(attributes, &state);
  return startThread(
      handle, state == PTHREAD_CREATE_DETACHED, routine, argument, GRIDLOCK_FRAME,
      [=](void* (*run)(void*), void* with) { return real.pthread_create(handle, attributes, run, with); });
}

// A program may need all the keys there are; ours is the first to go.
GRIDLOCK_EXPORT int pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) noexcept {
  initialise();
  const int result = real.pthread_key_create(key, destructor);
  return result == EAGAIN && dropEndKey() ? real.pthread_key_create(key, destructor) : result;
}

GRIDLOCK_EXPORT int tss_create(tss_t* key, tss_dtor_t destructor) {
  initialise();
  const int result = real.tss_create(key, destructor);
  return result == thrd_error && dropEndKey() ? real.tss_create(key, destructor) : result;
}

GRIDLOCK_EXPORT int pthread_join(pthread_t thread, void** value) {
  return joinThread(thread, RequestKind::kBlocking, GRIDLOCK_FRAME,
                    [=] { return real.pthread_join(thread, value); });
}

GRIDLOCK_EXPORT int pthread_tryjoin_np(pthread_t thread, void** value) noexcept {
  return joinThread(thread, RequestKind::kTry, GRIDLOCK_FRAME,
                    [=] { return real.pthread_tryjoin_np(thread, value); });
}

GRIDLOCK_EXPORT int pthread_timedjoin_np(pthread_t thread, void** value, const timespec* until) {
  return joinThread(thread, RequestKind::kTimed, GRIDLOCK_FRAME,
                    [=] { return real.pthread_timedjoin_np(thread, value, until); });
}

GRIDLOCK_EXPORT int pthread_clockjoin_np(pthread_t thread, void** value, clockid_t clock,
                                         const timespec* until) {
  return joinThread(thread, RequestKind::kTimed, GRIDLOCK_FRAME,
                    [=] { return real.pthread_clockjoin_np(thread, value, clock, until); });
}

GRIDLOCK_EXPORT int pthread_detach(pthread_t thread) noexcept {
  initialise();
  const Index row = recordIsOurs() ? threadByHandle(thread) : kNone;
  const int result = real.pthread_detach(thread);
  if (result == 0 && row != kNone) current.threads[row].flags |= gridlock::record::kDetached;
  return result;
}

// A cancelled thread may leave its wait: it counts as able to act from now on.
GRIDLOCK_EXPORT int pthread_cancel(pthread_t thread) {
  initialise();
  const Index row = recordIsOurs() ? threadByHandle(thread) : kNone;
  if (row != kNone)
    __atomic_or_fetch(&current.threads[row].flags, gridlock::record::kCancelled, __ATOMIC_RELEASE);
  return real.pthread_cancel(thread);
}

GRIDLOCK_EXPORT int pthread_setname_np(pthread_t thread, const char* name) noexcept {
  initialise();
  const int result = real.pthread_setname_np(thread, name);
  const Index row = result == 0 && recordIsOurs() ? threadByHandle(thread) : kNone;
  if (row != kNone) {
    char* to = current.threads[row].name;
    std::size_t i = 0;
    for (; i + 1 < sizeof(current.threads[row].name) && name[i] != '\0'; ++i) to[i] = name[i];
    to[i] = '\0';
  }
  return result;
}

// The child is noticed by its first lock event; where the kernel cannot wipe pages, here.

GRIDLOCK_EXPORT pid_t fork() noexcept {
  initialise();
  const pid_t pid = real.fork();
  if (pid == 0) noteForkedChild();
  return pid;
}

GRIDLOCK_EXPORT pid_t __fork() noexcept {
  initialise();
  const pid_t pid = real.__fork();
  if (pid == 0) noteForkedChild();
  return pid;
}

GRIDLOCK_EXPORT pid_t _Fork() noexcept {
  initialise();
  const pid_t pid = real._Fork();
  if (pid == 0) noteForkedChild();
  return pid;
}

GRIDLOCK_EXPORT [[noreturn]] void _exit(int status) {
  endingQuickly(status);
  real._exit(status);
  __builtin_unreachable();
}

GRIDLOCK_EXPORT [[noreturn]] void _Exit(int status) noexcept {
  endingQuickly(status);
  real._Exit(status);
  __builtin_unreachable();
}

GRIDLOCK_EXPORT [[noreturn]] void quick_exit(int status) noexcept {
  initialise();
  if (isOwnRecord()) setLife(gridlock::record::LifeCycle::kQuickExited, status & 0xff);
  real.quick_exit(status);
  __builtin_unreachable();
}

GRIDLOCK_EXPORT int dlclose(void* handle) noexcept {
  initialise();
  const int result = real.dlclose(handle);
  if (Thread* self = thisThread(); self != nullptr && *alive != 0) {
    Inside inside(self);
    noticeUnloads();
  }
  return result;
}
