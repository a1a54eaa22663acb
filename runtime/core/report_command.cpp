// The command is started by absolute path, never in a setuid program, and by a clone without exit signal:
// the program's own wait() does not see it, no SIGCHLD arrives. Without LD_PRELOAD and our variables in its
// environment it is an ordinary process.

#include "runtime/core/report_command.h"

#include <dlfcn.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/arena.h"
#include "runtime/base/print.h"
#include "runtime/core/options.h"
#include "runtime/core/record_file.h"
#include "runtime/core/speak.h"

namespace gridlock::runtime {
namespace {

char command[1024];

struct Start {
  char* const* arguments;
  char** variables;
  std::uint64_t signal_mask;
};

int startCommand(void* argument) {
  const auto& start = *static_cast<Start*>(argument);
  sys::call(SYS_rt_sigprocmask, SIG_SETMASK, sys::asLong(&start.signal_mask), 0, 8);
  sys::call(SYS_execve, sys::asLong(command), sys::asLong(start.arguments), sys::asLong(start.variables));
  sys::call(SYS_exit_group, 127);
  return 127;
}

bool startsWith(const char* text, const char* prefix) {
  while (*prefix != '\0' && *text == *prefix) ++text, ++prefix;
  return *prefix == '\0';
}

bool isExecutable(const char* path) {
  return sys::call(SYS_faccessat, AT_FDCWD, sys::asLong(path), X_OK) == 0;
}

void copy(const char* from) {
  std::size_t i = 0;
  for (; from[i] != '\0' && i + 1 < sizeof(command); ++i) command[i] = from[i];
  command[i] = '\0';
}

char** plainEnvironment() {
  std::size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr) ++count;
  auto** variables = static_cast<char**>(arena.allocate((count + 1) * sizeof(char*)));
  if (variables == nullptr) return environ;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (startsWith(environ[i], "LD_PRELOAD=") || startsWith(environ[i], "GRIDLOCK_")) continue;
    variables[kept++] = environ[i];
  }
  variables[kept] = nullptr;
  return variables;
}

}  // namespace

void findReportCommand() {
  if (command[0] != '\0' || isSecureExecution()) return;
  if (const char* named = environment("GRIDLOCK_COMMAND"); named != nullptr && named[0] == '/') {
    copy(named);
    return;
  }
  dl_find_object found{};
  if (_dl_find_object(reinterpret_cast<void*>(&findReportCommand), &found) != 0) return;
  // The path that the loader used may be relative, or lead through links: ask the kernel.
  const long fd = sys::open(found.dlfo_link_map->l_name, O_PATH | O_CLOEXEC);
  if (fd < 0) return;
  Line link;
  link << "/proc/self/fd/" << static_cast<std::uint64_t>(fd);
  char path[1024];
  const long length =
      sys::call(SYS_readlinkat, AT_FDCWD, sys::asLong(link.text()), sys::asLong(path), sizeof(path) - 1);
  sys::close(static_cast<int>(fd));
  if (length <= 0) return;
  path[length] = '\0';
  // …/lib/x86_64-linux-gnu/libgridlock_rt.so and …/lib/libgridlock_rt.so both have …/bin beside lib.
  for (int up = 0; up < 3; ++up) {
    long end = 0;
    for (long i = 0; path[i] != '\0'; ++i) {
      if (path[i] == '/') end = i;
    }
    path[end] = '\0';
    if (end == 0) return;
    if (up == 0) continue;
    Line candidate;
    candidate << path << "/bin/gridlock";
    if (isExecutable(candidate.text())) {
      copy(candidate.text());
      return;
    }
  }
}

int runReportCommand() {
  if (isSecureExecution() || command[0] == '\0' || !isExecutable(command)) {
    Line line;
    line << "the gridlock command was not found; the record is kept: gridlock report " << session.folder;
    say(line);
    return -1;
  }
  static Line output;
  output.clear();
  const char* arguments[10];
  int count = 0;
  arguments[count++] = command;
  arguments[count++] = "report";
  arguments[count++] = session.folder;
  if (!options.log_path.empty()) {
    output << options.log_path.text << "." << sys::getpid() << ".json";
    arguments[count++] = "-o";
    arguments[count++] = output.text();
  }
  if (!options.suppressions.empty()) {
    arguments[count++] = "--suppressions";
    arguments[count++] = options.suppressions.text;
  }
  arguments[count] = nullptr;
  Start start{const_cast<char* const*>(arguments), plainEnvironment(), 0};
  const std::uint64_t all = ~(std::uint64_t{3} << 31);
  sys::call(SYS_rt_sigprocmask, SIG_BLOCK, sys::asLong(&all), sys::asLong(&start.signal_mask), 8);
  constexpr std::size_t kStack = 64 * 1024;
  auto* stack = static_cast<char*>(sys::map(kStack));
  long pid = -1;
  if (stack != nullptr) {
    const int saved = errno;
    pid = clone(startCommand, stack + kStack, CLONE_VM | CLONE_VFORK, &start);
    errno = saved;
  }
  sys::call(SYS_rt_sigprocmask, SIG_SETMASK, sys::asLong(&start.signal_mask), 0, 8);
  int status = 0;
  long waited = -1;
  if (pid > 0) {
    constexpr long kInterrupted = -4;
    do {
      waited = sys::call(SYS_wait4, pid, sys::asLong(&status), __WALL, 0);
    } while (waited == kInterrupted);
  }
  if (stack != nullptr) sys::unmap(stack, kStack);
  if (waited != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    Line line;
    line << "no report was made; the record is kept: gridlock report " << session.folder;
    say(line);
    return -1;
  }
  return WEXITSTATUS(status);
}

}  // namespace gridlock::runtime
