// Reading a living process through /proc and process_vm_readv: no ptrace, which would make some of its system
// calls return early. See process_image.h.
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "analyzer/observe/process_image.h"
#include "analyzer/observe/read_proc.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;

// The rest of the line that begins with `key`.
std::string field(const std::string& status, const std::string& key) {
  std::istringstream in(status);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {};
}

std::uint64_t switchesOf(const std::string& status) {
  return std::strtoull(field(status, "voluntary_ctxt_switches:").c_str(), nullptr, 10) +
         std::strtoull(field(status, "nonvoluntary_ctxt_switches:").c_str(), nullptr, 10);
}

int lastNumber(const std::string& text) {
  std::istringstream in(text);
  int out = 0;
  for (int number = 0; in >> number;) out = number;
  return out;
}

class LiveProcess : public ProcessImage {
 public:
  bool read(std::uint64_t address, void* to, std::size_t bytes) const override {
    const struct iovec local{to, bytes};
    const struct iovec remote{reinterpret_cast<void*>(address), bytes};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
  }

  Status load(int id) {
    pid = id;
    alive = true;
    const fs::path root = "/proc/" + std::to_string(id);
    std::error_code error;
    if (!fs::exists(root, error)) return Error{"there is no such process", std::to_string(id)};
    loadIdentity(root);
    if (Status status = loadThreads(root); !status) return status;
    loadMappings(root);
    findModules();
    return ok();
  }

 private:
  void loadIdentity(const fs::path& root) {
    std::error_code error;
    executable = fs::read_symlink(root / "exe", error).string();
    std::istringstream arguments(readProc(root / "cmdline"));
    for (std::string one; std::getline(arguments, one, '\0');) command.push_back(one);
    const std::string stat = readProc(root / "stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return;
    std::istringstream fields(stat.substr(name_end + 1));
    std::string skipped;
    fields >> skipped >> parent;
    for (int i = 5; i < 22; ++i) fields >> skipped;
    fields >> started_ticks;
  }

  Status loadThreads(const fs::path& root) {
    std::error_code error;
    std::vector<int> ids;
    for (fs::directory_iterator at(root / "task", error), end; !error && at != end; at.increment(error)) {
      ids.push_back(std::atoi(at->path().filename().c_str()));
    }
    std::ranges::sort(ids);
    const auto main = std::ranges::find(ids, pid);
    if (main != ids.end()) std::rotate(ids.begin(), main, main + 1);
    std::uint64_t handled = 0;
    std::uint64_t blocked_by_all = ~std::uint64_t{0};
    for (const int id : ids) {
      const fs::path folder = root / "task" / std::to_string(id);
      const std::string status = readProc(folder / "status");
      if (status.empty() || field(status, "State:\t").starts_with("Z")) continue;  // it ended
      ImageThread thread;
      thread.outer_tid = id;
      thread.tid = lastNumber(field(status, "NSpid:"));
      if (thread.tid == 0) thread.tid = id;
      thread.name = field(status, "Name:\t");
      thread.switches = switchesOf(status);
      handled |= std::strtoull(field(status, "SigCgt:").c_str(), nullptr, 16);
      blocked_by_all &= std::strtoull(field(status, "SigBlk:").c_str(), nullptr, 16);
      std::ifstream call(folder / "syscall");
      std::string line;
      if (!std::getline(call, line)) {
        return Error{
            "its threads cannot be read: it belongs to another user, or kernel.yama.ptrace_scope forbids it "
            "(then root can, or a parent process)",
            std::to_string(pid)};
      }
      readCall(line, thread);
      // Stopped, it may have been woken already.
      const std::string state = field(status, "State:\t");
      if (state.starts_with("T") || state.starts_with("t")) thread.in_call = false;
      threads.push_back(std::move(thread));
    }
    // Handlers of faults help nobody, and two real-time signals are libc's own.
    constexpr std::uint64_t kHarmless =
        1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 10 | 1u << 30 | std::uint64_t{3} << 31;
    handlers_may_run = (handled & ~kHarmless & ~blocked_by_all) != 0;
    if (threads.empty()) return Error{"the process has ended", std::to_string(pid)};
    return ok();
  }

  // "NUMBER 0xARG … 0xSP 0xPC", or "running", or "-1 SP PC" for a stop that is no system call.
  static void readCall(const std::string& line, ImageThread& thread) {
    std::istringstream in(line);
    std::string number;
    in >> number;
    if (number == "running") return;
    thread.call = std::atol(number.c_str());
    std::vector<std::uint64_t> values;
    for (std::string value; in >> value;) values.push_back(std::strtoull(value.c_str(), nullptr, 16));
    if (values.size() < 2) return;
    thread.in_call = thread.call >= 0 && values.size() == 8;
    for (std::size_t i = 0; thread.in_call && i < 6; ++i) thread.arguments[i] = values[i];
    thread.registers[kStackPointer] = values[values.size() - 2];
    thread.registers[kProgramCounter] = values[values.size() - 1];
  }

  void loadMappings(const fs::path& root) {
    std::ifstream in(root / "maps");
    for (std::string line; std::getline(in, line);) {
      std::istringstream fields(line);
      std::string range;
      std::string rights;
      std::string offset;
      std::string device;
      std::string inode;
      fields >> range >> rights >> offset >> device >> inode >> std::ws;
      ImageMapping mapping;
      std::getline(fields, mapping.path);
      const std::size_t dash = range.find('-');
      if (dash == std::string::npos || rights.size() < 4) continue;
      mapping.begin = std::strtoull(range.c_str(), nullptr, 16);
      mapping.end = std::strtoull(range.c_str() + dash + 1, nullptr, 16);
      mapping.offset = std::strtoull(offset.c_str(), nullptr, 16);
      mapping.executable = rights[2] == 'x';
      if (rights[3] == 's') mapping.identity = device + "/" + inode;
      mappings.push_back(std::move(mapping));
    }
  }
};

}  // namespace

Result<std::unique_ptr<ProcessImage>> readLiveProcess(int pid) {
  auto process = std::make_unique<LiveProcess>();
  if (Status status = process->load(pid); !status) return status.error();
  return std::unique_ptr<ProcessImage>(std::move(process));
}

}  // namespace gridlock::observe
