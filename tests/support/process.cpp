// Child processes for tests; see process.h.
#include "tests/support/process.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gridlock::support {
namespace {

using Clock = std::chrono::steady_clock;

// An open file without a name.
int anonymousFile() {
  std::FILE* file = std::tmpfile();
  if (!file) return -1;
  int copy = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
  std::fclose(file);
  return copy;
}

std::string readAll(int descriptor) {
  std::string text;
  char buffer[65536];
  off_t offset = 0;
  ssize_t n;
  while ((n = pread(descriptor, buffer, sizeof buffer, offset)) > 0) {
    text.append(buffer, static_cast<std::size_t>(n));
    offset += n;
  }
  return text;
}

// A pidfd becomes readable when the process ends: waiting with a deadline, without polling.
bool waitUntil(pid_t pid, Clock::time_point deadline) {
  int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  bool ended = false;
  while (!ended) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) break;
    pollfd entry{descriptor, POLLIN, 0};
    int n = poll(&entry, 1, static_cast<int>(left.count()));
    if (n > 0) ended = true;
    if (n < 0 && errno != EINTR) break;
  }
  if (descriptor >= 0) close(descriptor);
  return ended;
}

}  // namespace

std::string ProcessResult::ending() const {
  if (timed_out) return "killed at the deadline after " + std::to_string(seconds) + " s";
  if (signal) return "signal " + std::to_string(signal);
  return "exit " + std::to_string(code);
}

ProcessResult runProcess(const std::vector<std::string>& command, const ProcessOptions& options) {
  ProcessResult result;
  int out = anonymousFile();
  int err = anonymousFile();
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::fflush(nullptr);
  Clock::time_point started = Clock::now();
  pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out, 1);
    dup2(err, 2);
    if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(126);
    for (const auto& [name, value] : options.environment) {
      if (value.empty()) {
        unsetenv(name.c_str());
      } else {
        setenv(name.c_str(), value.c_str(), 1);
      }
    }
    if (options.in_child) options.in_child();
    execvp(arguments[0], arguments.data());
    dprintf(2, "%s: %s\n", arguments[0], std::strerror(errno));
    _exit(127);
  }
  if (pid < 0) {
    result.err = std::string("fork: ") + std::strerror(errno);
    close(out);
    close(err);
    return result;
  }
  setpgid(pid, pid);
  if (options.while_running) options.while_running(pid);
  if (!waitUntil(pid, started + options.deadline)) {
    result.timed_out = true;
    kill(-pid, SIGKILL);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  // What the child left behind in its group must not outlive the test.
  kill(-pid, SIGKILL);
  result.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = readAll(out);
  result.err = readAll(err);
  close(out);
  close(err);
  return result;
}

ProcessResult runShell(const std::string& script, const ProcessOptions& options) {
  return runProcess({"sh", "-c", script}, options);
}

}  // namespace gridlock::support
