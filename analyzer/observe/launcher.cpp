// See launcher.h.
#include "analyzer/observe/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "analyzer/observe/process.h"
#include "analyzer/observe/stall_watch.h"
#include "analyzer/observe/watcher.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(100);
constexpr auto kGrace = std::chrono::milliseconds(500);
constexpr const char* kShimName = "libgridlock_rt.so";

// Signals that people and CI systems send to a program they started: the program is to get them.
constexpr std::array kForwarded{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string rfc3339Now() {
  struct timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char text[40];
  const std::size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03uZ", static_cast<unsigned>(now.tv_nsec / 1'000'000 % 1000));
  return std::string(text, length) + fraction;
}

// Fields 4 (parent) and 22 (start time) of /proc/PID/stat.
struct ProcessStat {
  int parent = 0;
  std::uint64_t start = 0;
};
std::optional<ProcessStat> statOf(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessStat out;
  std::string skipped;
  fields >> skipped >> out.parent;
  for (int i = 5; i < 22; ++i) fields >> skipped;
  fields >> out.start;
  return out;
}

// Ends a process and all its descendants. Children are found before their parent is ended, since
// they change hands then.
void killTree(int pid) {
  for (const int member : processTree(pid)) kill(member, SIGKILL);
}

OnDeadlock effectiveOnDeadlock(const LaunchOptions& options) {
  if (options.on_deadlock) return *options.on_deadlock;
  OnDeadlock out = OnDeadlock::Exit;
  std::istringstream entries(environment("GRIDLOCK_OPTIONS"));
  for (std::string entry; std::getline(entries, entry, ':');) {
    if (entry == "on_deadlock=report") out = OnDeadlock::Report;
    if (entry == "on_deadlock=abort") out = OnDeadlock::Abort;
    if (entry == "on_deadlock=exit") out = OnDeadlock::Exit;
  }
  return out;
}

const char* text(OnDeadlock what) {
  return what == OnDeadlock::Report ? "report" : what == OnDeadlock::Abort ? "abort" : "exit";
}

// NAME=VALUE for the program: ours, with those that the shim reads changed.
std::vector<std::string> programEnvironment(const LaunchOptions& options, const ProgramProbe& probe,
                                            const fs::path& session) {
  std::string preload;
  if (probe.coverable) {
    for (const std::string& library : probe.preload_first) preload += library + ":";
    preload += options.shim.string();
  }
  // A list that names the shim already is the outer run's.
  std::istringstream given(environment("LD_PRELOAD"));
  for (std::string entries; std::getline(given, entries, ':');) {
    std::istringstream words(entries);
    for (std::string entry; words >> entry;) {
      const bool ours = fs::path(entry).filename() == kShimName;
      const bool first = std::ranges::find(probe.preload_first, entry) != probe.preload_first.end();
      if (!ours && !first) preload += (preload.empty() ? "" : ":") + entry;
    }
  }
  std::string shim_options = environment("GRIDLOCK_OPTIONS");
  if (options.on_deadlock) {
    if (!shim_options.empty()) shim_options += ":";
    shim_options += std::string("on_deadlock=") + text(*options.on_deadlock);
  }
  std::vector<std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view pair = *entry;
    if (pair.starts_with("LD_PRELOAD=") || pair.starts_with("GRIDLOCK_SESSION=") ||
        pair.starts_with("GRIDLOCK_OPTIONS=")) {
      continue;
    }
    out.emplace_back(pair);
  }
  if (!preload.empty()) out.push_back("LD_PRELOAD=" + preload);
  out.push_back("GRIDLOCK_SESSION=" + session.string());
  if (!shim_options.empty()) out.push_back("GRIDLOCK_OPTIONS=" + shim_options);
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const std::string& text : strings) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

Error cannotStart(const std::string& program, int error) {
  return Error{std::string("cannot be started: ") + std::strerror(error), program};
}

}  // namespace

Result<Session> Session::make() {
  std::vector<std::string> parents;
  if (const std::string given = environment("TMPDIR"); !given.empty()) {
    parents.push_back(given);
  } else {
    parents = {"/dev/shm", "/tmp"};
  }
  std::string reason;
  for (const std::string& parent : parents) {
    std::string name = parent + "/gridlock-XXXXXX";
    if (mkdtemp(name.data()) != nullptr) {
      // Servers started by root give up their rights before they lock for the first time; they still
      // have to make their records. Others can neither list nor remove what is there.
      if (geteuid() == 0) chmod(name.c_str(), 01733);
      Session session;
      session.folder_ = fs::absolute(name);
      return session;
    }
    reason = std::strerror(errno);
  }
  return Error{"a folder for the records cannot be made: " + reason, parents.back()};
}

Session::Session(Session&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

Session::~Session() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

fs::path Session::keep() { return std::exchange(folder_, {}); }

std::optional<fs::path> outerSession() {
  const std::string folder = environment("GRIDLOCK_SESSION");
  std::error_code error;
  if (folder.empty() || !fs::is_directory(folder, error)) return std::nullopt;
  return fs::path(folder);
}

Result<fs::path> findShim(const std::string& program) {
  if (const std::string given = environment("GRIDLOCK_RUNTIME"); !given.empty()) {
    std::error_code error;
    if (fs::is_regular_file(given, error)) return fs::absolute(given);
    return Error{"GRIDLOCK_RUNTIME names no file", given};
  }
  std::error_code error;
  fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) self = fs::absolute(program);
  const fs::path folder = self.parent_path();
  std::vector<fs::path> places{folder.parent_path() / "lib" / kShimName, folder / kShimName};
#if defined(__x86_64__)
  places.push_back(folder.parent_path() / "lib" / "x86_64-linux-gnu" / kShimName);
#elif defined(__aarch64__)
  places.push_back(folder.parent_path() / "lib" / "aarch64-linux-gnu" / kShimName);
#endif
  places.push_back(folder.parent_path() / "lib64" / kShimName);
  std::string tried;
  for (const fs::path& place : places) {
    if (fs::is_regular_file(place, error)) return place.lexically_normal();
    tried += (tried.empty() ? "" : ", ") + place.lexically_normal().string();
  }
  return Error{std::string(kShimName) + " was not found (looked for " + tried +
               "); GRIDLOCK_RUNTIME=FILE names it"};
}

Error joinOuterRun(const LaunchOptions& options, const ProgramProbe& probe) {
  std::vector<std::string> env = programEnvironment(options, probe, *outerSession());
  std::vector<char*> arguments = pointers(options.command);
  std::vector<char*> variables = pointers(env);
  execvpe(options.command[0].c_str(), arguments.data(), variables.data());
  return cannotStart(options.command[0], errno);
}

Result<LaunchOutcome> launch(const LaunchOptions& options, const ProgramProbe& probe,
                             const Session& session) {
  const std::string shim = options.shim.string();
  if (probe.coverable && shim.find_first_of(": \t\n") != std::string::npos) {
    return Error{"the loader cannot preload a library whose path holds a blank or a colon", shim};
  }
  const std::vector<std::string> env = programEnvironment(options, probe, session.folder());
  std::vector<char*> arguments = pointers(options.command);
  std::vector<char*> variables = pointers(env);

  int failure[2];  // tells the errno of a failed exec; closed by a successful one
  if (pipe2(failure, O_CLOEXEC) != 0) return cannotStart(options.command[0], errno);

  sigset_t mine;
  sigset_t before;
  sigemptyset(&mine);
  sigaddset(&mine, SIGCHLD);
  for (const int signal : kForwarded) sigaddset(&mine, signal);
  sigprocmask(SIG_BLOCK, &mine, &before);

  LaunchOutcome outcome;
  outcome.started = rfc3339Now();
  const Clock::time_point start = Clock::now();
  const int parent = getpid();
  const int pid = fork();
  if (pid < 0) {
    const int error = errno;
    close(failure[0]);
    close(failure[1]);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    return cannotStart(options.command[0], error);
  }
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    execvpe(options.command[0].c_str(), arguments.data(), variables.data());
    const int error = errno;
    [[maybe_unused]] const ssize_t written = write(failure[1], &error, sizeof error);
    _exit(127);
  }
  close(failure[1]);
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(failure[0], &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  close(failure[0]);
  if (got == static_cast<ssize_t>(sizeof error)) {
    waitpid(pid, nullptr, 0);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    return cannotStart(options.command[0], error);
  }

  outcome.pid = pid;
  const OnDeadlock on_deadlock = effectiveOnDeadlock(options);
  Watcher watcher(session.folder());
  StallWatch stall_watch(pid);
  struct Dying {
    int pid;
    std::uint64_t start;
    Clock::time_point deadline;
  };
  std::vector<Dying> dying;
  int status = 0;
  for (bool ended = false; !ended;) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kTick);
    const struct timespec tick{seconds.count(), std::chrono::nanoseconds(kTick - seconds).count()};
    siginfo_t info{};
    const int signal = sigtimedwait(&mine, &info, &tick);
    if (signal > 0 && signal != SIGCHLD) {
      // What the terminal sends, it sends to the program as well.
      if (info.si_code != SI_KERNEL) kill(pid, signal);
      continue;
    }
    const int reaped = waitpid(pid, &status, WNOHANG);
    if (reaped == pid || (reaped < 0 && errno == ECHILD)) {
      ended = true;
      break;
    }
    if (signal == SIGCHLD) continue;  // stopped or continued
    for (Watcher::Deadlock& deadlock : watcher.look()) {
      outcome.verdicts.push_back(deadlock.verdict);
      if (on_deadlock == OnDeadlock::Report || !deadlock.ends) continue;
      const auto stat = statOf(deadlock.pid);
      if (!stat || stat->start != deadlock.process_start) continue;
      if (deadlock.pid == pid) outcome.ended_by = EndedBy::Deadlock;
      // Time to clean up for a program that has a handler; then the end.
      kill(deadlock.pid, on_deadlock == OnDeadlock::Abort ? SIGABRT : SIGTERM);
      dying.push_back({deadlock.pid, deadlock.process_start, Clock::now() + kGrace});
    }
    const bool told = outcome.outside || watcher.shimTold() ||
                      std::ranges::any_of(outcome.verdicts, [](const auto& one) { return one.certain; });
    if (!told) outcome.outside = stall_watch.look();
    if (!told && outcome.outside && on_deadlock != OnDeadlock::Report) {
      outcome.ended_by = EndedBy::Deadlock;
      for (const int member : processTree(pid)) {
        const auto stat = statOf(member);
        if (!stat) continue;
        kill(member, on_deadlock == OnDeadlock::Abort ? SIGABRT : SIGTERM);
        dying.push_back({member, stat->start, Clock::now() + kGrace});
      }
    }
    std::erase_if(dying, [](const Dying& one) {
      if (Clock::now() < one.deadline) return false;
      const auto stat = statOf(one.pid);
      if (stat && stat->start == one.start) kill(one.pid, SIGKILL);
      return true;
    });
    if (options.timeout && outcome.ended_by == EndedBy::Itself && Clock::now() - start >= *options.timeout) {
      outcome.ended_by = EndedBy::Timeout;
      // Of what carries no shim, this is the last moment to see who waits.
      if (!probe.coverable) {
        if (Result<model::Report> seen = attachTo(processTree(pid))) outcome.outside = std::move(*seen);
      }
      killTree(pid);
    }
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return outcome;
}

namespace {

// What the shim noted of programs that were started without it, each once.
std::vector<std::string> notCovered(const fs::path& folder) {
  constexpr std::size_t kMost = 100;
  std::vector<std::string> out;
  std::ifstream in(folder / "not-covered");
  for (std::string line; out.size() < kMost && std::getline(in, line);) {
    const std::string note = "not covered: " + line;
    if (std::ranges::find(out, note) == out.end()) out.push_back(note);
  }
  return out;
}

}  // namespace

Result<model::Report> readSession(const Session& session, const LaunchOptions& options,
                                  const ProgramProbe& probe, const LaunchOutcome& outcome) {
  ReadOptions read;
  KnownProcess known;
  known.exit_code = outcome.exit_code;
  known.signal = outcome.signal;
  known.hung = outcome.ended_by != EndedBy::Itself;
  known.seconds = outcome.seconds;
  known.notes = outcome.notes;
  for (std::string& note : notCovered(session.folder())) known.notes.push_back(std::move(note));
  read.processes[outcome.pid] = known;
  read.verdicts = outcome.verdicts;
  Result<model::Report> report = readRecords({session.folder()}, read);
  if (!report) return report;

  const bool seen =
      std::ranges::any_of(report->runs, [&](const model::Run& run) { return run.pid == outcome.pid; });
  if (!seen) {
    model::Run run;
    run.id = static_cast<model::Id>(report->runs.size());
    for (const model::Run& other : report->runs) run.id = std::max(run.id, other.id + 1);
    run.command = options.command;
    run.pid = outcome.pid;
    run.started = outcome.started;
    run.seconds = outcome.seconds;
    run.exit = model::Exit{outcome.exit_code, outcome.signal, known.hung};
    run.notes = known.notes;
    if (!probe.coverable) {
      run.complete = false;
      run.notes.push_back("not covered: " + probe.path.string() + " " + probe.why_not);
    } else {
      run.notes.push_back("it left no record: it used no lock, or its record could not be made");
    }
    report->runs.push_back(std::move(run));
  }
  return report;
}

}  // namespace gridlock::observe
