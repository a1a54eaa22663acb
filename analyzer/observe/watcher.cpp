// See watcher.h.
#include "analyzer/observe/watcher.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "analyzer/observe/verdict.h"
#include "gridlock/record_view.h"
#include "gridlock/wait_graph.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;
using record::Index;

constexpr std::uint64_t kOldWaitNs = 50'000'000;
constexpr std::uint32_t kLooksWithoutOldWait = 8;

std::uint64_t monotonicNow() {
  struct timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

bool hasOldWait(const record::RecordView& view, std::uint64_t now) {
  for (Index i = 1; i < view.end(record::Table::kThreads); ++i) {
    const record::ThreadRow* row = view.thread(i);
    if (row == nullptr || row->state.load(std::memory_order_acquire) == 0) continue;
    if (row->wait_serial.load(std::memory_order_acquire) % 2 == 0) continue;
    const std::uint64_t since = row->wait_since_ns.load(std::memory_order_relaxed);
    if (since != 0 && now > since && now - since > kOldWaitNs) return true;
  }
  return false;
}

std::string firstLine(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Signals that a thread does not let through.
std::uint64_t blockedSignals(std::uint32_t pid, std::uint32_t tid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk:")) return std::strtoull(line.c_str() + 7, nullptr, 16);
  }
  return 0;
}

// Whether somebody whom the record does not show may end a wait: a signal handler, an unknown thread. Faults'
// handlers help nobody, and two real-time signals are libc's own.
bool othersMayAct(const record::RecordView& view) {
  std::ifstream status("/proc/" + std::to_string(view.header().pid) + "/status");
  std::uint64_t handled = ~std::uint64_t{0};
  std::uint32_t threads = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigCgt:")) handled = std::strtoull(line.c_str() + 7, nullptr, 16);
    if (line.starts_with("Threads:"))
      threads = static_cast<std::uint32_t>(std::strtoul(line.c_str() + 8, nullptr, 10));
  }
  constexpr std::uint64_t kHarmless =
      1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 10 | 1u << 30 | std::uint64_t{3} << 31;
  handled &= ~kHarmless;
  std::uint64_t blocked_by_all = ~std::uint64_t{0};
  std::uint32_t known = 0;
  for (Index i = 1; i < view.end(record::Table::kThreads); ++i) {
    const auto state =
        static_cast<record::ThreadState>(view.thread(i)->state.load(std::memory_order_relaxed));
    if (state != record::ThreadState::kRunning) continue;
    ++known;
    if ((handled & blocked_by_all) != 0)
      blocked_by_all &= blockedSignals(view.header().pid, view.thread(i)->tid);
  }
  return (handled & ~blocked_by_all) != 0 || threads != known;
}

// The futex a thread of the watched process sleeps at; 0 when it does not. Ids are those of the process' own
// namespace: in another one nothing is found, and the thread counts as able to act.
std::uint64_t sleepsAt(void* context, const record::ThreadRow& row) {
  const std::string line = firstLine("/proc/" + std::to_string(*static_cast<const std::uint32_t*>(context)) +
                                     "/task/" + std::to_string(row.tid) + "/syscall");
  return line.starts_with("202 0x") ? std::strtoull(line.c_str() + 4, nullptr, 16) : 0;
}

// Whether another process may end one of the waits that anybody may end: they lie in memory that can be
// shared.
bool othersShareAWait(const record::RecordView& view, const record::Verdict& verdict) {
  std::set<std::uint64_t> addresses;
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    const record::StuckThread& stuck = verdict.stuck[i];
    if (stuck.kind != record::StuckKind::kKnot || stuck.wait_kind == record::WaitKind::kLock ||
        stuck.wait_kind == record::WaitKind::kJoin || stuck.wait_kind == record::WaitKind::kOnce) {
      continue;
    }
    addresses.insert(view.thread(stuck.thread)->wait_address.load(std::memory_order_relaxed));
  }
  if (addresses.empty()) return false;
  std::ifstream maps("/proc/" + std::to_string(view.header().pid) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t dash = line.find('-');
    const std::size_t blank = line.find(' ');
    if (dash == std::string::npos || blank == std::string::npos || line.size() < blank + 5) continue;
    if (line[blank + 4] != 's') continue;
    const std::uint64_t begin = std::strtoull(line.c_str(), nullptr, 16);
    const std::uint64_t end = std::strtoull(line.c_str() + dash + 1, nullptr, 16);
    const auto inside = addresses.lower_bound(begin);
    if (inside != addresses.end() && *inside < end) return true;
  }
  return false;
}

// Whether a child process shares its memory (clone without CLONE_THREAD): it may end a wait, or give a lock.
bool aChildSharesMemory(std::uint32_t pid) {
  std::error_code error;
  for (fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && task != end; task.increment(error)) {
    std::ifstream children(task->path() / "children");
    constexpr int kCompareMemory = 1;  // KCMP_VM
    for (long child = 0; children >> child;) {
      if (syscall(SYS_kcmp, pid, child, kCompareMemory, 0, 0) == 0) return true;
    }
  }
  return false;
}

// Waits that somebody whom the record does not show could end.
bool hasOpenWait(const record::Verdict& verdict) {
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    const record::StuckKind kind = verdict.stuck[i].kind;
    if (kind == record::StuckKind::kKnot || kind == record::StuckKind::kSelf) return true;
  }
  return false;
}

bool sleeps(void* context, const record::ThreadRow& row) { return sleepsAt(context, row) != 0; }

}  // namespace

void Watcher::openNew() {
  // A session of many thousand processes is not to be read again and again: one part in twenty of the time.
  constexpr std::uint64_t kShare = 20;
  const std::uint64_t begin = monotonicNow();
  if (begin < next_listing_ns_) return;
  std::error_code error;
  for (fs::directory_iterator at(session_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().string();
    if (records_.contains(name) || ended_.contains(name) || !RecordFile::looksLikeRecord(at->path()))
      continue;
    Result<RecordFile> file = RecordFile::open(at->path());
    if (!file) continue;  // not finished yet: the next look sees it
    records_[name].file = std::make_unique<RecordFile>(std::move(*file));
  }
  const std::uint64_t now = monotonicNow();
  next_listing_ns_ = now + (now - begin) * kShare;
}

std::vector<Watcher::Deadlock> Watcher::look() {
  std::erase_if(records_, [&](const auto& record) {
    const auto life = static_cast<record::LifeCycle>(record.second.file->header().life.load());
    const bool ended = life == record::LifeCycle::kExited || life == record::LifeCycle::kQuickExited;
    if (ended) ended_.insert(record.first);
    return ended;
  });
  openNew();
  ++looks_;
  std::vector<Deadlock> out;
  const std::uint64_t now = monotonicNow();
  for (auto& [name, watched] : records_) {
    const auto bytes = watched.file->bytes();
    record::RecordView view;
    if (record::RecordView::open(bytes.data(), bytes.size(), view) != record::ViewError::kOk) continue;
    shim_told_ = shim_told_ || view.header().deadlock_groups.load(std::memory_order_relaxed) != 0;
    const auto life = static_cast<record::LifeCycle>(view.header().life.load(std::memory_order_acquire));
    // Waits that were never published show only in the kernel; asking it for every thread costs, so
    // that without an old wait it is done now and then.
    const bool ask_anyway = view.end(record::Table::kThreads) > 2 && looks_ % kLooksWithoutOldWait < 2;
    if (life != record::LifeCycle::kRunning || !(hasOldWait(view, now) || ask_anyway)) {
      watched.suspected.clear();
      continue;
    }
    const std::size_t needed = record::WaitGraph::bytesFor(view);
    if (memory_.size() * sizeof(std::uint64_t) < needed)
      memory_.resize(needed / sizeof(std::uint64_t) + 1024);
    record::WaitGraph graph;
    record::Verdict verdict;
    std::uint32_t pid = view.header().pid;
    const record::Outside outside{
        .others_may_act = othersMayAct(view), .asleep = sleeps, .context = &pid, .sleeps_at = sleepsAt};
    const record::Look look =
        graph.find(view, outside, memory_.data(), memory_.size() * sizeof(std::uint64_t), verdict);
    std::vector<std::pair<Index, std::uint32_t>> suspected;
    struct Group {
      std::vector<DeadlockMember> members;
      bool certain = true;
      bool ends = true;
    };
    std::map<std::uint32_t, Group> groups;
    if (look == record::Look::kStuck && !othersShareAWait(view, verdict)) {
      const bool shared = hasOpenWait(verdict) && aChildSharesMemory(pid);
      const bool alone = !outside.others_may_act && !verdict.anybody_acts && !shared;
      for (std::uint32_t i = 0; i < verdict.count; ++i) {
        const record::StuckThread& stuck = verdict.stuck[i];
        if (stuck.group == 0 || stuck.reported) continue;
        if (shared && stuck.kind == record::StuckKind::kKnot) continue;
        const record::Ripeness ripeness = record::ripenessOf(view, stuck, alone, now);
        if (ripeness == record::Ripeness::kNotYet) continue;
        const auto wait = std::pair{stuck.thread, stuck.wait_serial};
        suspected.push_back(wait);
        if (std::ranges::find(watched.suspected, wait) == watched.suspected.end()) continue;
        const bool ends = record::endsProgram(ripeness, stuck, now);
        auto& told = ends ? watched.told : watched.told_likely;
        if (std::ranges::find(told, wait) != told.end()) continue;
        told.push_back(wait);
        Group& group = groups[stuck.group];
        group.ends = group.ends && ends;
        group.certain = group.certain && ripeness == record::Ripeness::kProven;
        group.members.push_back(memberOf(*watched.file, stuck));
      }
    }
    watched.suspected = std::move(suspected);
    for (auto& [number, group] : groups) {
      out.push_back({{name, std::move(group.members), group.certain},
                     group.ends,
                     static_cast<int>(view.header().pid),
                     view.header().process_start});
    }
  }
  return out;
}

}  // namespace gridlock::observe
