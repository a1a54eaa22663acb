// Waits between processes: children, locks of files, pipes; all of it from /proc. See outside_waits.h.
#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "analyzer/observe/outside_waits.h"
#include "analyzer/observe/read_proc.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;

bool hasOneThread(int pid) {
  std::error_code error;
  const fs::directory_iterator at("/proc/" + std::to_string(pid) + "/task", error);
  return !error && std::distance(begin(at), end(at)) == 1;
}

// Children that have not ended.
std::vector<int> childrenOf(int pid) {
  std::vector<int> out;
  std::error_code error;
  for (fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && task != end; task.increment(error)) {
    std::ifstream in(task->path() / "children");
    for (int child = 0; in >> child;) out.push_back(child);
  }
  return out;
}

// The end of one process that has one thread: with several, any of them may end it.
std::optional<OutsideWait> endOf(int pid) {
  if (!hasOneThread(pid)) return std::nullopt;
  OutsideWait out;
  out.kind = record::WaitKind::kJoin;
  out.joins = pid;
  return out;
}

std::optional<OutsideWait> childWait(const ProcessImage& process, const ImageThread& thread) {
  int child = -1;
  constexpr std::uint64_t kById = 1;  // P_PID
  if (thread.call == SYS_wait4) child = static_cast<int>(thread.arguments[0]);
  if (thread.call == SYS_waitid && thread.arguments[0] == kById)
    child = static_cast<int>(thread.arguments[1]);
  if (child > 0) return endOf(child);
  const std::vector<int> children = childrenOf(process.pid);
  return children.size() == 1 ? endOf(children[0]) : std::nullopt;
}

// Lines of /proc/locks: "7: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END", and with "->" behind the
// number for who waits for the one above.
std::optional<OutsideWait> fileLockWait(const ProcessImage& process, const ImageThread& thread) {
  std::istringstream in(readProc("/proc/locks"));
  std::string holder_number;
  int holder = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string number;
    std::string type;
    std::string advisory;
    std::string access;
    std::string file;
    int pid = 0;
    fields >> number >> type;
    const bool waits = type == "->";
    if (waits) fields >> type;
    fields >> advisory >> access >> pid >> file;
    if (!waits) {
      holder_number = number;
      holder = pid;
      continue;
    }
    if (pid != process.pid || number != holder_number || holder <= 0) continue;
    OutsideWait out;
    out.kind = record::WaitKind::kLock;
    out.lock_kind = record::LockKind::kFile;
    out.flags = record::kProcessShared;
    out.identity = type + " " + file;
    std::error_code error;
    const fs::path link = fs::read_symlink("/proc/" + std::to_string(process.pid) + "/fd/" +
                                               std::to_string(static_cast<int>(thread.arguments[0])),
                                           error);
    out.name = "lock of " + (error ? "file " + file : link.string());
    if (access == "READ") out.mode = model::Mode::Shared;
    if (hasOneThread(holder)) out.owners.push_back(holder);
    return out;
  }
  return std::nullopt;
}

// Who has the other end of a pipe open: with one such process, of one thread, its next step alone can end the
// wait. `writers`: we read.
std::optional<OutsideWait> pipeWait(const ProcessImage& process, const ImageThread& thread, bool writers) {
  std::error_code error;
  const std::string own = "/proc/" + std::to_string(process.pid);
  const std::string pipe =
      fs::read_symlink(own + "/fd/" + std::to_string(static_cast<int>(thread.arguments[0])), error).string();
  if (error || !pipe.starts_with("pipe:[")) return std::nullopt;
  std::set<int> others;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const int pid = std::atoi(at->path().filename().c_str());
    if (pid <= 0) continue;
    std::error_code unreadable;
    fs::directory_iterator files(at->path() / "fd", unreadable);
    if (unreadable) {
      // Another user's process may have it open, too.
      if (unreadable == std::errc::permission_denied) return std::nullopt;
      continue;
    }
    for (const fs::directory_entry& file : files) {
      if (fs::read_symlink(file.path(), unreadable).string() != pipe) continue;
      std::istringstream info(readProc(at->path() / "fdinfo" / file.path().filename()));
      for (std::string key, value; info >> key >> value;) {
        if (key != "flags:") continue;
        const long how = std::strtol(value.c_str(), nullptr, 8) & O_ACCMODE;
        if (how == O_RDWR || how == (writers ? O_WRONLY : O_RDONLY)) others.insert(pid);
      }
    }
  }
  // Its own other end, left open, does nothing for a process of one thread.
  if (process.threads.size() == 1 && others.size() == 2) others.erase(process.pid);
  if (others.size() != 1) return std::nullopt;
  OutsideWait out;
  if (*others.begin() == process.pid && process.threads.size() > 1) {
    // Any thread of the process may use the other end, and nobody else.
    out.kind = record::WaitKind::kFutex;
    out.lock_kind = record::LockKind::kPipe;
    out.identity = pipe + (writers ? " read" : " write");
    out.name = std::string(writers ? "data of " : "room in ") + pipe;
    return out;
  }
  if (!hasOneThread(*others.begin())) return std::nullopt;
  out.kind = record::WaitKind::kLock;
  out.lock_kind = record::LockKind::kPipe;
  out.flags = record::kProcessShared;
  out.identity = pipe + (writers ? " read" : " write");
  out.name = std::string(writers ? "data of " : "room in ") + pipe;
  out.owners.assign(others.begin(), others.end());
  return out;
}

}  // namespace

int processOfThread(int tid) {
  std::istringstream in(readProc("/proc/" + std::to_string(tid) + "/status"));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("Tgid:")) return std::atoi(line.c_str() + 5);
  }
  return 0;
}

std::optional<OutsideWait> processWait(const ProcessImage& process, const ImageThread& thread) {
  if (!thread.in_call) return std::nullopt;
  constexpr std::uint64_t kOpenFileWait = 38;  // F_OFD_SETLKW
  switch (thread.call) {
    case SYS_wait4:
    case SYS_waitid:
      return childWait(process, thread);
    case SYS_flock:
      return fileLockWait(process, thread);
    case SYS_fcntl:
      if (thread.arguments[1] != F_SETLKW && thread.arguments[1] != kOpenFileWait) return std::nullopt;
      return fileLockWait(process, thread);
    case SYS_read:
      return pipeWait(process, thread, true);
    case SYS_write:
      return pipeWait(process, thread, false);
    default:
      return std::nullopt;
  }
}

}  // namespace gridlock::observe
