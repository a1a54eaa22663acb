// Many units on all cores: a process for each, its facts come back through shared memory.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "analyzer/extract/frontend.h"
#include "analyzer/facts/io.h"
#include "llvm/Support/ErrorHandling.h"

namespace gridlock::extract {
namespace {

constexpr char kFacts = 'F';
constexpr char kFactsWithErrors = 'P';  // first error, a zero, facts
constexpr char kFailed = 'E';
constexpr int kOutOfMemory = 3;  // exit code of a process that met its limit

struct Job {
  const CompileCommand* command;
  const FrontendOptions* options;
  FactsCache* cache;
  std::string out;
};

// "a.c:3: text" as "line 3: text" where the unit is a.c: it is named with it.
std::string withoutOwnName(const std::string& text, const std::string& file) {
  return text.starts_with(file + ":") ? "line " + text.substr(file.size() + 1) : text;
}

// The first error, and what it cost.
std::string partlyText(const facts::Unit& unit) {
  const std::string text = withoutOwnName(unit.errors.front(), unit.strings[unit.main_file]);
  if (unit.skipped_functions == 0) return text;
  return text + " (" + std::to_string(unit.skipped_functions) +
         (unit.skipped_functions == 1 ? " function is left out)" : " functions are left out)");
}

void* runJob(void* argument) {
  Job& job = *static_cast<Job*>(argument);
  Dependencies dependencies;
  Result<facts::Unit> unit = extractUnit(*job.command, *job.options, &dependencies);
  if (job.options->dependencies) job.options->dependencies(dependencies);
  if (!unit) {
    job.out = kFailed + withoutOwnName(unit.error().message, unit.error().file);
  } else if (unit->errors.empty()) {
    const std::string bytes = facts::writeUnit(*unit);
    job.cache->store(*job.command, dependencies, bytes);
    job.out = kFacts + bytes;
  } else {
    job.out = kFactsWithErrors + partlyText(*unit) + '\0' + facts::writeUnit(*unit);
  }
  return nullptr;
}

// In the child. Deeply nested source needs a large stack.
[[noreturn]] void work(const CompileCommand& command, const FrontendOptions& options, FactsCache& cache,
                       int output, pid_t parent) {
  // Whoever ends the command means its units, too.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  // Clang's allocators end in the one or the other when the limit is met.
  std::set_new_handler([] { _exit(kOutOfMemory); });
  llvm::install_bad_alloc_error_handler([](void*, const char*, bool) { _exit(kOutOfMemory); });
  if (options.memory_limit != 0) {
    const rlimit limit{options.memory_limit, options.memory_limit};
    setrlimit(RLIMIT_AS, &limit);
  }
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int null = open("/dev/null", O_WRONLY);
  if (null >= 0) dup2(null, 2);  // a crash report of the front end is no use to the user
  Job job{&command, &options, &cache, {}};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{64} << 20);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, runJob, &job) != 0) {
    runJob(&job);
  } else {
    pthread_join(thread, nullptr);
  }
  std::size_t written = 0;
  while (written < job.out.size()) {
    const ssize_t count = write(output, job.out.data() + written, job.out.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(1);
    written += static_cast<std::size_t>(count);
  }
  _exit(0);
}

std::string readWhole(int file) {
  struct stat status;
  if (fstat(file, &status) != 0) return {};
  std::string out(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const ssize_t count = pread(file, out.data() + at, out.size() - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    at += static_cast<std::size_t>(count);
  }
  return out;
}

struct Worker {
  pid_t pid;
  int output;
  std::size_t unit;
  std::chrono::steady_clock::time_point started;
  bool timed_out = false;
};

void take(const Worker& worker, int status, const FrontendOptions& options, ExtractedUnit& unit) {
  if (worker.timed_out) {
    unit.error = "took longer than " + std::to_string(options.time_limit.count()) +
                 " s (--unit-timeout sets the limit)";
    return;
  }
  if (WIFSIGNALED(status)) {
    unit.error = std::string("the front end crashed (") + strsignal(WTERMSIG(status)) + ")";
    return;
  }
  if (WEXITSTATUS(status) == kOutOfMemory) {
    unit.error = "needs more than " + std::to_string(options.memory_limit >> 20) +
                 " MB of memory (--unit-memory sets the limit)";
    return;
  }
  const std::string bytes = readWhole(worker.output);
  if (bytes.empty() || WEXITSTATUS(status) != 0) {
    unit.error = "the front end gave no facts";
  } else if (bytes[0] == kFailed) {
    unit.error = bytes.substr(1);
  } else if (bytes[0] == kFacts) {
    unit.bytes = bytes.substr(1);
  } else {
    const std::size_t end = bytes.find('\0');
    unit.error = bytes.substr(1, end - 1);
    unit.bytes = bytes.substr(end + 1);
  }
}

}  // namespace

Extraction extractUnits(const std::vector<CompileCommand>& commands, const FrontendOptions& options) {
  Extraction out;
  out.units.resize(commands.size());
  for (std::size_t at = 0; at < commands.size(); ++at) {
    out.units[at].file = nameRelativeTo(commands[at].file, options.root);
    extractionArguments(commands[at], out.dropped_flags);
  }
  FactsCache cache(options.cache_folder, options.root);
  std::vector<Worker> running;
  std::size_t next = 0, done = 0;
  const std::size_t most = std::max(1u, options.jobs);
  while (next < commands.size() || !running.empty()) {
    while (next < commands.size() && running.size() < most) {
      const std::size_t unit = next++;
      if (std::optional<std::string> known = cache.find(commands[unit])) {
        out.units[unit].bytes = std::move(*known);
        out.units[unit].cached = true;
        ++done;
        if (options.progress) options.progress(done, commands.size(), out.units[unit].file);
        continue;
      }
      const int output = memfd_create("facts", MFD_CLOEXEC);
      const pid_t self = getpid();
      const pid_t pid = output < 0 ? -1 : fork();
      if (pid == 0) work(commands[unit], options, cache, output, self);
      if (pid < 0) {
        out.units[unit].error = std::string("cannot start a process: ") + std::strerror(errno);
        if (output >= 0) close(output);
        ++done;
        continue;
      }
      running.push_back({pid, output, unit, std::chrono::steady_clock::now()});
    }
    bool finished = false;
    for (std::size_t at = 0; at < running.size();) {
      Worker& worker = running[at];
      int status = 0;
      const pid_t ended = waitpid(worker.pid, &status, WNOHANG);
      if (ended == 0) {
        const auto spent = std::chrono::steady_clock::now() - worker.started;
        if (!worker.timed_out && options.time_limit.count() > 0 && spent > options.time_limit) {
          worker.timed_out = true;
          kill(worker.pid, SIGKILL);
        }
        ++at;
        continue;
      }
      take(worker, status, options, out.units[worker.unit]);
      close(worker.output);
      ++done;
      if (options.progress) options.progress(done, commands.size(), out.units[worker.unit].file);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(at));
      finished = true;
    }
    if (!finished && !running.empty()) usleep(1000);
  }
  constexpr std::uint64_t kMostCached = std::uint64_t{2} << 30;
  cache.trim(kMostCached);
  return out;
}

}  // namespace gridlock::extract
