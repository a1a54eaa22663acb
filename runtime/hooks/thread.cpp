// Threads and processes: start, join, end, fork, exec, and libraries that go away.

#include <dlfcn.h>
#include <errno.h>

#include "runtime/base/arena.h"
#include "runtime/base/spinlock.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;

namespace {

struct Start {
  void* (*routine)(void*);
  void* argument;
  Index row;
  Start* next_free;
};

Start* free_starts = nullptr;
SpinLock free_starts_lock{LockRank::kStart};

Start* takeStart() {
  {
    SpinGuard guard(free_starts_lock);
    if (Start* start = free_starts; start != nullptr) {
      free_starts = start->next_free;
      return start;
    }
  }
  return static_cast<Start*>(arena.allocate(sizeof(Start)));
}

void giveStart(Start* start) {
  SpinGuard guard(free_starts_lock);
  start->next_free = free_starts;
  free_starts = start;
}

void* runThread(void* argument) {
  auto* start = static_cast<Start*>(argument);
  const Start own = *start;
  adoptThread(own.row, reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)));
  giveStart(start);
  return own.routine(own.argument);
}

void cancelledJoin(void* wait) { static_cast<PlainWait*>(wait)->end(); }

template <typename Call>
int joinWith(pthread_t thread, RequestKind request, const Frame* frame, Call call) {
  initialise();
  const Index row = recordIsOurs() ? threadByHandle(thread) : kNone;
  int result;
  if (request == RequestKind::kTry) {
    result = call();
  } else {
    PlainWait wait(WaitKind::kJoin, row, thread, request, frame);
    pthread_cleanup_push(cancelledJoin, &wait);
    result = call();
    pthread_cleanup_pop(0);
    wait.end();
  }
  if (result == 0 && row != kNone) {
    if (Thread* self = thisThread(); self != nullptr) joined(*self, row);
    if (threadByHandle(thread) == row) forgetHandle(thread);
  }
  return result;
}

// The record belongs to this very process: not that of a parent by fork or vfork.
bool isOwnRecord() { return recordIsOurs() && current.header->pid == gridlock::sys::getpid(); }

template <typename Call>
int execWith(Call call) {
  initialise();
  const bool own = isOwnRecord();
  if (own) setLife(gridlock::record::LifeCycle::kExeced, 0);
  const int result = call();
  if (own) {
    current.header->ended_ns.store(0, std::memory_order_relaxed);
    current.header->life.store(static_cast<std::uint32_t>(gridlock::record::LifeCycle::kRunning),
                               std::memory_order_release);
  }
  return result;
}

void endingQuickly(int status) {
  initialise();
  if (!isOwnRecord()) return;
  setLife(gridlock::record::LifeCycle::kQuickExited, status & 0xff);
  reportAtQuickExit();
}

}  // namespace

namespace gridlock::runtime {
void startsAfterFork() {
  free_starts_lock.reset();
  free_starts = nullptr;
}
}  // namespace gridlock::runtime

GRIDLOCK_EXPORT int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                                   void* (*routine)(void*), void* argument) noexcept {
  initialise();
  Thread* self = thisThread();
  if (self == nullptr) return real.pthread_create(handle, attributes, routine, argument);
  startWatcher();
  Start* start = nullptr;
  Index row = kNone;
  {
    Inside inside(self);
    const Frame* frame = GRIDLOCK_FRAME;
    const Stack stack = stackAt(*self, frame, placeOf(*self, frame), kNone);
    row = announceThread(*self, reinterpret_cast<std::uint64_t>(routine), stack.index);
    if (row != kNone) start = takeStart();
  }
  if (start == nullptr) return real.pthread_create(handle, attributes, routine, argument);
  *start = {routine, argument, row, nullptr};
  int detached = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) pthread_attr_getdetachstate(attributes, &detached);
  if (detached == PTHREAD_CREATE_DETACHED) current.threads[row].flags |= gridlock::record::kDetached;
  const int result = real.pthread_create(handle, attributes, runThread, start);
  if (result != 0) {
    withdrawThread(row);
    giveStart(start);
  } else if (detached != PTHREAD_CREATE_DETACHED) {
    nameHandle(*handle, row);
  }
  return result;
}

GRIDLOCK_EXPORT int pthread_join(pthread_t thread, void** value) {
  return joinWith(thread, RequestKind::kBlocking, GRIDLOCK_FRAME,
                  [=] { return real.pthread_join(thread, value); });
}

GRIDLOCK_EXPORT int pthread_tryjoin_np(pthread_t thread, void** value) noexcept {
  return joinWith(thread, RequestKind::kTry, GRIDLOCK_FRAME,
                  [=] { return real.pthread_tryjoin_np(thread, value); });
}

GRIDLOCK_EXPORT int pthread_timedjoin_np(pthread_t thread, void** value, const timespec* until) {
  return joinWith(thread, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_timedjoin_np(thread, value, until); });
}

GRIDLOCK_EXPORT int pthread_clockjoin_np(pthread_t thread, void** value, clockid_t clock,
                                         const timespec* until) {
  return joinWith(thread, RequestKind::kTimed, GRIDLOCK_FRAME,
                  [=] { return real.pthread_clockjoin_np(thread, value, clock, until); });
}

GRIDLOCK_EXPORT int pthread_detach(pthread_t thread) noexcept {
  initialise();
  const Index row = recordIsOurs() ? threadByHandle(thread) : kNone;
  const int result = real.pthread_detach(thread);
  if (result == 0 && row != kNone) current.threads[row].flags |= gridlock::record::kDetached;
  return result;
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
  if (pid == 0 && *alive != 0) *alive = 0;
  return pid;
}

GRIDLOCK_EXPORT pid_t __fork() noexcept {
  initialise();
  const pid_t pid = real.__fork();
  if (pid == 0 && *alive != 0) *alive = 0;
  return pid;
}

GRIDLOCK_EXPORT pid_t _Fork() noexcept {
  initialise();
  const pid_t pid = real._Fork();
  if (pid == 0 && *alive != 0) *alive = 0;
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

GRIDLOCK_EXPORT int execve(const char* path, char* const arguments[], char* const variables[]) noexcept {
  return execWith([=] { return real.execve(path, arguments, variables); });
}

GRIDLOCK_EXPORT int execv(const char* path, char* const arguments[]) noexcept {
  return execWith([=] { return real.execv(path, arguments); });
}

GRIDLOCK_EXPORT int execvp(const char* file, char* const arguments[]) noexcept {
  return execWith([=] { return real.execvp(file, arguments); });
}

GRIDLOCK_EXPORT int execvpe(const char* file, char* const arguments[], char* const variables[]) noexcept {
  return execWith([=] { return real.execvpe(file, arguments, variables); });
}

GRIDLOCK_EXPORT int fexecve(int fd, char* const arguments[], char* const variables[]) noexcept {
  return execWith([=] { return real.fexecve(fd, arguments, variables); });
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
