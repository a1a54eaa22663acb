// See stall_watch.h.
#include "analyzer/observe/stall_watch.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "analyzer/observe/process.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kBetweenPictures{200};
constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr int kPartOfTime = 50;  // pictures may cost one part in so many of our time
constexpr std::size_t kMostSets = 10'000;

// Calls in which a thread may wait for another one without a limit, as they stand in /proc/…/syscall.
bool mayWaitForOthers(const std::string& call) {
  switch (std::atol(call.c_str())) {
    case SYS_futex:
    case SYS_flock:
    case SYS_fcntl:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_read:
    case SYS_write:
      return !call.starts_with("running") && !call.starts_with("-");
    default:
      return false;
  }
}

std::uint64_t switchesOf(const fs::path& task) {
  std::ifstream in(task / "status");
  std::uint64_t out = 0;
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find("voluntary_ctxt_switches:");
    if (at != std::string::npos) out += std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10);
  }
  return out;
}

}  // namespace

std::vector<int> processTree(int pid) {
  std::vector<int> tree{pid};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    std::error_code error;
    for (fs::directory_iterator task("/proc/" + std::to_string(tree[i]) + "/task", error), end;
         !error && task != end; task.increment(error)) {
      std::ifstream children(task->path() / "children");
      for (int child = 0; children >> child;) {
        if (std::ranges::find(tree, child) == tree.end()) tree.push_back(child);
      }
    }
  }
  return tree;
}

std::optional<model::Report> StallWatch::look() {
  const Clock::time_point start = Clock::now();
  if (start < next_picture_) return std::nullopt;
  const std::vector<int> tree = processTree(root_);
  std::map<int, Standing> now;
  std::vector<int> still;
  std::size_t threads = 0;
  for (const int pid : tree) {
    std::error_code error;
    for (fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", error), end;
         !error && task != end; task.increment(error)) {
      ++threads;
      std::ifstream in(task->path() / "syscall");
      Standing standing;
      if (!std::getline(in, standing.call) || !mayWaitForOthers(standing.call)) continue;
      const int tid = std::atoi(task->path().filename().c_str());
      const auto known = before_.find(tid);
      const bool same = known != before_.end() && known->second.call == standing.call;
      standing.switches = switchesOf(task->path());
      if (same && known->second.switches == standing.switches) still.push_back(tid);
      now[tid] = std::move(standing);
    }
  }
  before_ = std::move(now);
  const Clock::time_point seen = Clock::now();
  next_picture_ = seen + std::max<Clock::duration>(kBetweenPictures, (seen - start) * kPartOfTime);
  if (still.empty() || (still.size() < 2 && still.size() < threads) || seen < next_look_) return std::nullopt;

  std::ranges::sort(still);
  std::string key;
  for (const int tid : still) key += std::to_string(tid) + ":" + std::to_string(before_[tid].switches) + " ";
  if (looked_at_.size() >= kMostSets || !looked_at_.insert(std::hash<std::string>()(key)).second)
    return std::nullopt;
  Result<model::Report> report = attachTo(tree, true);
  // The first looks may come before everybody has gone to sleep: soon again, then ever more seldom.
  next_look_ = Clock::now() + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
  if (!report || report->findings.empty()) return std::nullopt;
  return std::move(*report);
}

}  // namespace gridlock::observe
