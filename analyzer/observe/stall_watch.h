// Notices from outside that threads of a run stopped moving, and then looks whether they wait for each other
// in ways that no interposer sees: locks inside of libc, locks of files, pipes, children, mutexes between
// processes.
//
// Cheap while things move: one short file for each thread, some times a second, and less often in programs
// with many threads. The real look (process.h) is taken once for a set of threads that stand still, and ever
// more seldom.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analyzer/model/report.h"

namespace gridlock::observe {

// The process and all its descendants, parents first.
std::vector<int> processTree(int pid);

class StallWatch {
 public:
  explicit StallWatch(int root) : root_(root) {}

  // To be called some ten times a second. A report when there is a deadlock.
  std::optional<model::Report> look();

 private:
  struct Standing {
    std::string call;
    std::uint64_t switches = 0;
  };
  using Clock = std::chrono::steady_clock;

  int root_;
  std::map<int, Standing> before_;
  std::set<std::uint64_t> looked_at_;
  Clock::time_point next_picture_{};
  Clock::time_point next_look_{};
  std::chrono::milliseconds pause_{200};
};

}  // namespace gridlock::observe
