// See init.h. The constructor does as little as it can: a process that never takes a lock pays for the
// look-up of the real functions and nothing else.

#include "runtime/core/init.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/arena.h"
#include "runtime/base/print.h"
#include "runtime/base/spinlock.h"
#include "runtime/core/clock.h"
#include "runtime/core/events.h"
#include "runtime/core/file_holds.h"
#include "runtime/core/handshakes.h"
#include "runtime/core/lock_order_edges.h"
#include "runtime/core/lock_table.h"
#include "runtime/core/options.h"
#include "runtime/core/phases.h"
#include "runtime/core/progress.h"
#include "runtime/core/report_command.h"
#include "runtime/core/speak.h"
#include "runtime/core/start_holds.h"
#include "runtime/core/wait_graph.h"
#include "runtime/hooks/real.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

namespace gridlock::runtime {

void startsAfterFork();  // hooks/thread_start.cpp
void provePlainMutex();  // hooks/mutex_lock.h
void proveReaders();     // hooks/rwlock.cpp

Arena arena;
bool passive = false;
bool is_initialised = false;
std::uint64_t sample_mask = 255;

namespace {

SpinLock start_lock{LockRank::kStart};
std::uint64_t last_epoch = 1000;
std::uint64_t ours_begin = 0;
std::uint64_t ours_end = 0;
std::atomic<bool> watching{false};
std::atomic<std::uint32_t> watcher_tid{0};
std::uint32_t watcher_stops = 0;
bool stopped = false;
char session_variable[500];

void put(char* to, std::size_t room, const char* from) {
  std::size_t i = 0;
  for (; from[i] != '\0' && i + 1 < room; ++i) to[i] = from[i];
  to[i] = '\0';
}

bool isWritableFolder(const char* path) {
  return sys::call(SYS_faccessat, AT_FDCWD, sys::asLong(path), W_OK | X_OK) == 0;
}

// Adds the variable that descendants find their session by. libc's setenv would call the program's malloc.
void putVariable(char* variable) {
  std::size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr) ++count;
  auto** variables = static_cast<char**>(arena.allocate((count + 2) * sizeof(char*)));
  if (variables == nullptr) return;
  for (std::size_t i = 0; i < count; ++i) variables[i] = environ[i];
  variables[count] = variable;
  variables[count + 1] = nullptr;
  environ = variables;
}

void chooseSession() {
  if (const char* folder = environment("GRIDLOCK_SESSION"); folder != nullptr && folder[0] == '/') {
    put(session.folder, sizeof(session.folder), folder);
    session.by_launcher = true;
    return;
  }
  if (const char* inherited = environment("GRIDLOCK_LINKED_SESSION"); inherited != nullptr) {
    std::uint32_t owner = 0;
    while (*inherited >= '0' && *inherited <= '9')
      owner = owner * 10 + static_cast<std::uint32_t>(*inherited++ - '0');
    if (inherited[0] == ':' && inherited[1] == '/') {
      session.owner_pid = owner;
      put(session.folder, sizeof(session.folder), inherited + 1);
      return;
    }
  }
  const char* base = environment("TMPDIR");
  if (base == nullptr || base[0] != '/' || !isWritableFolder(base)) base = "/dev/shm";
  if (!isWritableFolder(base)) base = "/tmp";
  session.owner_pid = sys::getpid();
  Line folder;
  folder << base << "/gridlock-" << session.owner_pid << "-" << nowNs();
  put(session.folder, sizeof(session.folder), folder.text());
  Line variable;
  variable << "GRIDLOCK_LINKED_SESSION=" << session.owner_pid << ":" << folder.text();
  put(session_variable, sizeof(session_variable), variable.text());
  if (!isSecureExecution() && environ != nullptr) putVariable(session_variable);
}

bool reportsItself() {
  return !stopped && !session.by_launcher && session.owner_pid == sys::getpid() && options.report;
}

void removeSession() {
  const long folder = sys::open(session.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  static char entries[8192];
  for (long length;
       (length = sys::call(SYS_getdents64, folder, sys::asLong(entries), sizeof(entries))) > 0;) {
    for (long at = 0; at < length;) {
      const auto size = *reinterpret_cast<const std::uint16_t*>(entries + at + 16);
      const char* name = entries + at + 19;
      if (name[0] != '.') sys::call(SYS_unlinkat, folder, sys::asLong(name), 0);
      at += size;
    }
  }
  sys::close(static_cast<int>(folder));
  sys::call(SYS_unlinkat, AT_FDCWD, sys::asLong(session.folder), AT_REMOVEDIR);
}

// The report command's exit status; removes the records once they are reported.
int reportSession() {
  if (!isWritableFolder(session.folder)) return 0;  // nobody of the session took a lock
  const int status = runReportCommand();
  if (status >= 0) removeSession();
  return status;
}

// Whether the waits of the process look as they did a moment ago, and some are old.
struct Picture {
  std::uint64_t hash = 0;
  bool old_wait = false;
  bool anybody = false;

  void take() {
    const record::RecordView view = viewRecord();
    const std::uint64_t now = nowNs();
    *this = {};
    for (Index i = 1; i < view.end(Table::kThreads); ++i) {
      const record::ThreadRow& row = *view.thread(i);
      const std::uint32_t state = row.state.load(std::memory_order_relaxed);
      const std::uint32_t serial = row.wait_serial.load(std::memory_order_acquire);
      hash = (hash ^ state ^ (std::uint64_t{serial} << 8) ^ i) * 0x9e3779b97f4a7c15u;
      // Asking for the same lock for long may be a wait that was not published.
      hash ^= view.requestOf(row).lock;
      const bool lives = state == static_cast<std::uint32_t>(record::ThreadState::kRunning) ||
                         state == static_cast<std::uint32_t>(record::ThreadState::kCreated);
      anybody = anybody || lives;
      if (lives && serial % 2 != 0 && now - row.wait_since_ns.load(std::memory_order_relaxed) > 50'000'000) {
        old_wait = true;
      }
    }
  }
};

bool hasOldWait() {
  Picture picture;
  picture.take();
  return picture.old_wait;
}

void atExit(int status, void*) {
  const int saved = errno;
  if (Thread* thread = knownThread(); thread != nullptr && thread->held() != 0 &&
                                      (thread->row->flags & record::kMainThread) != 0 && mainReturned()) {
    Inside inside(thread);
    noteHeldAtEnd(*thread);
  }
  if (recordIsOurs()) {
    if (Thread* thread = knownThread(); thread != nullptr && hasOldWait()) {
      Inside inside(thread);
      lookAtAll(Moment::kTheEnd);
    }
    setLife(record::LifeCycle::kExited, status & 0xff);
  }
  if (reportsItself()) {
    fflush(nullptr);  // what the program printed comes before what is printed about it
    if (reportSession() == 1 && options.exitcode != 0 && (status & 0xff) == 0) {
      _exit(static_cast<int>(options.exitcode));
    }
  }
  errno = saved;
}

bool makeAlivePage() {
  if (last_epoch != 1000) return true;
  auto* page = static_cast<std::uint64_t*>(sys::map(4096, MAP_PRIVATE | MAP_ANONYMOUS));
  if (page == nullptr) return false;
  // An old kernel refuses: then only children of fork() itself are noticed, by its hook.
  sys::advise(page, 4096, MADV_WIPEONFORK);
  __atomic_store_n(&alive, page, __ATOMIC_RELEASE);
  return true;
}

void afterFork() {
  arena.afterFork();
  threadsAfterFork();
  locksAfterFork();
  edgesAfterFork();
  stacksAfterFork();
  eventsAfterFork();
  progressAfterFork();
  phasesAfterFork();
  handshakesAfterFork();
  startHoldsAfterFork();
  fileHoldsAfterFork();
  verdictsAfterFork();
  startsAfterFork();
  watching.store(false);
}

std::uint32_t threadCount() {
  char text[4096];
  if (sys::readFile("/proc/self/status", text, sizeof(text)) <= 0) return ~0u;
  const char* at = text;
  for (const char* key = "\nThreads:"; *at != '\0'; ++at) {
    int i = 0;
    while (key[i] != '\0' && at[i] == key[i]) ++i;
    if (key[i] == '\0') {
      at += i;
      break;
    }
  }
  std::uint32_t count = 0;
  while (*at == ' ' || *at == '\t') ++at;
  for (; *at >= '0' && *at <= '9'; ++at) count = count * 10 + static_cast<std::uint32_t>(*at - '0');
  return count;
}

void* watch(void*) {
  hideThread();
  watcher_tid.store(sys::gettid(), std::memory_order_release);
  sys::call(SYS_prctl, 15 /* PR_SET_NAME */, sys::asLong("gridlock"));
  std::uint64_t previous = 0;
  int looks = 0;
  std::uint32_t ticks = 0;
  bool unripe = false;
  for (;;) {
    const timespec tick{0, 100'000'000};
    sys::call(SYS_futex, sys::asLong(&watcher_stops), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, sys::asLong(&tick));
    if (!recordIsOurs() || passive) return nullptr;
    Picture picture;
    picture.take();
    ++ticks;
    if (picture.hash != previous) looks = 0;
    // A clear picture that does not change is looked at a few times: a waiter may not have been asleep yet.
    // One that changes all the while may hold threads that do not move; to ask the kernel for each costs
    // more.
    const bool due = picture.hash == previous ? looks < 4 || unripe : ticks % 4 == 0;
    if (picture.old_wait && due) {
      ++looks;
      unripe = lookAtAll(Moment::kLater) == Sight::kUnripe;
    }
    previous = picture.hash;
    // When main ended by pthread_exit, the process ends with its last thread: that must not be us.
    if (!picture.anybody && threadCount() <= 2) return nullptr;
  }
}

}  // namespace

bool isPassive() { return passive; }

void stopRecording(const char* why) {
  if (passive) return;
  passive = true;
  stopped = true;
  if (current.header == nullptr || *alive == 0) return;
  Line line;
  line << why << ": nothing is recorded from here on";
  if (!session.by_launcher) line << "; for the rest: gridlock report " << session.folder;
  say(line);
  noteTrouble(record::kTroublePassive);
  __atomic_store_n(alive, ++last_epoch, __ATOMIC_RELEASE);
  // The watcher may not outlive this: its next call might be one of those that end the process.
  const std::uint32_t tid = watcher_tid.load(std::memory_order_acquire);
  if (!watching.load() || tid == 0) return;
  __atomic_store_n(&watcher_stops, 1, __ATOMIC_RELEASE);
  sys::call(SYS_futex, sys::asLong(&watcher_stops), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
  constexpr int kPatience = 2000;
  for (int i = 0; i < kPatience && sys::call(SYS_tgkill, sys::getpid(), tid, 0) == 0; ++i)
    sys::sleepNs(100'000);
}

bool recordIsOurs() { return *alive != 0 && current.header != nullptr; }

bool isOurs(std::uint64_t pc) { return pc - ours_begin < ours_end - ours_begin; }

bool watcherRuns() { return watching.load(std::memory_order_relaxed); }

void startWatcher() {
  if (session.by_launcher || !options.detect_deadlocks || !recordIsOurs() || watching.exchange(true)) return;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, 128 * 1024);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  std::uint64_t mask = 0;
  const std::uint64_t all = ~(std::uint64_t{3} << 31);  // not those that libc sends itself for setuid
  sys::call(SYS_rt_sigprocmask, SIG_BLOCK, sys::asLong(&all), sys::asLong(&mask), 8);
  pthread_t thread;
  if (real.pthread_create(&thread, &attributes, watch, nullptr) != 0) watching.store(false);
  sys::call(SYS_rt_sigprocmask, SIG_SETMASK, sys::asLong(&mask), 0, 8);
  pthread_attr_destroy(&attributes);
}

bool startRecording(Record& parent) {
  if (*alive == 0 && current.base != nullptr) start_lock.reset();  // a forked child has one thread
  SpinGuard guard(start_lock);
  if (passive) return false;
  if (*alive != 0) return true;
  const bool forked = current.base != nullptr;
  if (forked) {
    parent = current;
    afterFork();
  } else {
    initialise();
    readOptions();
    if (!session.by_launcher) findReportCommand();
    while (sample_mask + 1 > 1 && sample_mask + 1 > options.hold_every) sample_mask >>= 1;
    while (sample_mask + 1 < options.hold_every) sample_mask = sample_mask * 2 + 1;
    options.hold_every = static_cast<std::uint32_t>(sample_mask + 1);
  }
  if (!openRecord(forked ? &parent : nullptr) || !prepareThreads() || !makeAlivePage()) {
    passive = true;
    return false;
  }
  prepareLocks();
  if (!forked) {
    warmUpUnwinder();
    provePlainMutex();
    proveReaders();
  }
  __atomic_store_n(alive, ++last_epoch, __ATOMIC_RELEASE);
  return true;
}

void endProgram(int code, bool by_abort) {
  setLife(record::LifeCycle::kEndedByShim, code);
  if (reportsItself()) reportSession();
  if (by_abort) {
    struct {
      void (*handler)(int);
      unsigned long flags;
      void (*restorer)();
      std::uint64_t mask;
    } action{SIG_DFL, 0, nullptr, 0};
    const std::uint64_t abort_only = std::uint64_t{1} << (SIGABRT - 1);
    sys::call(SYS_rt_sigaction, SIGABRT, sys::asLong(&action), 0, 8);
    sys::call(SYS_tgkill, sys::getpid(), sys::gettid(), SIGABRT);
    sys::call(SYS_rt_sigprocmask, SIG_UNBLOCK, sys::asLong(&abort_only), 0, 8);
  }
  for (;;) sys::call(SYS_exit_group, code);
}

void reportAtQuickExit() {
  if (reportsItself()) reportSession();
}

void endOnDeadlock() {
  if (options.on_deadlock == OnDeadlock::kReport) return;
  const bool by_abort = options.on_deadlock == OnDeadlock::kAbort;
  endProgram(by_abort ? 134 : 66, by_abort);
}

// Idempotent; runs from the constructor, or from the first hook where a lock is taken before it.
void initialiseNow() {
  if (is_initialised) return;
  is_initialised = true;
  resolveReal();
  dl_find_object found{};
  if (_dl_find_object(reinterpret_cast<void*>(&initialiseNow), &found) == 0) {
    ours_begin = reinterpret_cast<std::uint64_t>(found.dlfo_map_start);
    ours_end = reinterpret_cast<std::uint64_t>(found.dlfo_map_end);
  }
  rememberStderr();
  makeEndKey();
  chooseSession();
  on_exit(atExit, nullptr);
}

__attribute__((constructor(101))) static void construct() { initialise(); }

}  // namespace gridlock::runtime
