// Starting other programs: the record says that the image was replaced, and the new program gets the
// environment that suits it (core/exec_target.h).
//
// libc's own ways from one of these to another are not seen, so each is wrapped; the variadic ones are turned
// into the others, as libc does. All of it may run in a child of vfork.

#include <spawn.h>
#include <stdarg.h>
#include <unistd.h>

#include "runtime/base/arena.h"
#include "runtime/base/sys.h"
#include "runtime/core/exec_target.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;

namespace {

// The record belongs to this very process: not that of a parent by fork or vfork.
bool isOwnRecord() { return recordIsOurs() && current.header->pid == gridlock::sys::getpid(); }

// The variables for a target, changed where they must be.
class Environment {
 public:
  Environment(const char* path, char* const* given) : variables_(given) {
    bool ours = false;
    for (char* const* at = given; at != nullptr && *at != nullptr; ++at) {
      constexpr const char* kSession = "GRIDLOCK_SESSION=";
      std::size_t i = 0;
      while (kSession[i] != '\0' && (*at)[i] == kSession[i]) ++i;
      ours = ours || kSession[i] == '\0';
    }
    if (!session.by_launcher && !ours) return;  // only a launcher preloads
    const ExecTarget target = lookAtTarget(path);
    bool shim_given = false;
    const bool changes = preloadFor(target, given, preload_, shim_given);
    if (target.why_not != nullptr) {
      noteNotCovered(path, target.why_not);
    } else if (!shim_given && session.by_launcher && canRead(path)) {
      noteNotCovered(path, "was started with an environment that does not name the shim");
    }
    if (changes) replace();
  }

  char* const* get() const { return variables_; }

 private:
  static bool canRead(const char* path) {
    return path != nullptr &&
           gridlock::sys::call(SYS_faccessat, AT_FDCWD, gridlock::sys::asLong(path), X_OK) == 0;
  }

  void replace() {
    std::size_t count = 0;
    while (variables_[count] != nullptr) ++count;
    char** changed = own_;
    if (count >= kOwn) changed = static_cast<char**>(arena.allocate((count + 1) * sizeof(char*)));
    if (changed == nullptr) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      constexpr const char* kPreload = "LD_PRELOAD=";
      std::size_t j = 0;
      while (kPreload[j] != '\0' && variables_[i][j] == kPreload[j]) ++j;
      if (kPreload[j] != '\0') {
        changed[kept++] = variables_[i];
      } else if (preload_[0] != '\0') {
        changed[kept++] = preload_;
      }
    }
    changed[kept] = nullptr;
    variables_ = changed;
  }

  static constexpr std::size_t kOwn = 128;
  char* const* variables_;
  char* own_[kOwn];
  char preload_[kPreloadRoom];
};

template <typename Call>
int execWith(const char* path, char* const* variables, Call call) {
  initialise();
  const Environment environment(path, variables);
  const bool own = isOwnRecord();
  if (own) setLife(gridlock::record::LifeCycle::kExeced, 0);
  const int result = call(environment.get());
  if (own) {
    current.header->ended_ns.store(0, std::memory_order_relaxed);
    current.header->life.store(static_cast<std::uint32_t>(gridlock::record::LifeCycle::kRunning),
                               std::memory_order_release);
  }
  return result;
}

template <typename Call>
int execOnPath(const char* file, char* const* variables, Call call) {
  initialise();
  char path[1024];
  return execWith(findOnPath(file, path, sizeof path) ? path : file, variables, call);
}

std::size_t countFrom(va_list arguments) {
  std::size_t count = 0;
  while (va_arg(arguments, char*) != nullptr) ++count;
  return count;
}

}  // namespace

// The arguments of a variadic exec as an array `list` on the stack; `rest` stands behind them.
#define GRIDLOCK_LIST(first)                                                        \
  va_list arguments;                                                                \
  va_start(arguments, first);                                                       \
  const std::size_t count = first == nullptr ? 0 : countFrom(arguments);            \
  va_end(arguments);                                                                \
  auto** list = static_cast<char**>(__builtin_alloca((count + 2) * sizeof(char*))); \
  list[0] = const_cast<char*>(first);                                               \
  va_start(arguments, first);                                                       \
  for (std::size_t i = 0; first != nullptr && i <= count; ++i) list[i + 1] = va_arg(arguments, char*)

GRIDLOCK_EXPORT int execl(const char* path, const char* first, ...) noexcept {
  GRIDLOCK_LIST(first);
  va_end(arguments);
  return execWith(path, environ, [=](char* const* with) { return real.execve(path, list, with); });
}

GRIDLOCK_EXPORT int execle(const char* path, const char* first, ...) noexcept {
  GRIDLOCK_LIST(first);
  char* const* variables = va_arg(arguments, char* const*);
  va_end(arguments);
  return execWith(path, variables, [=](char* const* with) { return real.execve(path, list, with); });
}

GRIDLOCK_EXPORT int execlp(const char* file, const char* first, ...) noexcept {
  GRIDLOCK_LIST(first);
  va_end(arguments);
  return execOnPath(file, environ, [=](char* const* with) { return real.execvpe(file, list, with); });
}

GRIDLOCK_EXPORT int execve(const char* path, char* const arguments[], char* const variables[]) noexcept {
  return execWith(path, variables, [=](char* const* with) { return real.execve(path, arguments, with); });
}

GRIDLOCK_EXPORT int execv(const char* path, char* const arguments[]) noexcept {
  return execWith(path, environ, [=](char* const* with) { return real.execve(path, arguments, with); });
}

GRIDLOCK_EXPORT int execvp(const char* file, char* const arguments[]) noexcept {
  return execOnPath(file, environ, [=](char* const* with) { return real.execvpe(file, arguments, with); });
}

GRIDLOCK_EXPORT int execvpe(const char* file, char* const arguments[], char* const variables[]) noexcept {
  return execOnPath(file, variables, [=](char* const* with) { return real.execvpe(file, arguments, with); });
}

GRIDLOCK_EXPORT int fexecve(int fd, char* const arguments[], char* const variables[]) noexcept {
  char path[40] = "/proc/self/fd/";
  std::size_t end = 14;
  char digits[12];
  int count = 0;
  for (unsigned rest = static_cast<unsigned>(fd); count == 0 || rest != 0; rest /= 10)
    digits[count++] = static_cast<char>('0' + rest % 10);
  while (count > 0) path[end++] = digits[--count];
  path[end] = '\0';
  return execWith(path, variables, [=](char* const* with) { return real.fexecve(fd, arguments, with); });
}

GRIDLOCK_EXPORT int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                                const posix_spawnattr_t* attributes, char* const arguments[],
                                char* const variables[]) noexcept {
  initialise();
  const Environment environment(path, variables);
  return real.posix_spawn(pid, path, actions, attributes, arguments, environment.get());
}

GRIDLOCK_EXPORT int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                                 const posix_spawnattr_t* attributes, char* const arguments[],
                                 char* const variables[]) noexcept {
  initialise();
  char path[1024];
  const Environment environment(findOnPath(file, path, sizeof path) ? path : file, variables);
  return real.posix_spawnp(pid, file, actions, attributes, arguments, environment.get());
}
