// Looks from outside, while a program runs, whether threads of its processes wait for each other.
//
// A thread that is about to block usually sees the deadlock itself (runtime/core); the watcher finds
// what that look misses, since stores may still be on their way then. It reads the mapped records
// of the session and never stops or touches the processes. A verdict counts when two looks in a row
// see the same threads in the same waits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "analyzer/observe/record_file.h"
#include "analyzer/observe/record_reader.h"

namespace gridlock::observe {

class Watcher {
 public:
  explicit Watcher(std::filesystem::path session) : session_(std::move(session)) {}

  struct Deadlock {
    OutsideVerdict verdict;
    bool ends = true;  // the program; else it may still go on by itself
    int pid = 0;
    std::uint64_t process_start = 0;
  };

  // One look at all records. Returns deadlocks that are new and that the shim did not announce itself.
  std::vector<Deadlock> look();

  // At the last look some process' own shim had told of a deadlock.
  bool shimTold() const { return shim_told_; }

 private:
  struct Watched {
    std::unique_ptr<RecordFile> file;
    std::vector<std::pair<record::Index, std::uint32_t>>
        suspected;  // thread and wait serial, of the last look
    std::vector<std::pair<record::Index, std::uint32_t>> told;
    std::vector<std::pair<record::Index, std::uint32_t>> told_likely;  // and was not to end it
  };
  void openNew();

  std::filesystem::path session_;
  std::map<std::string, Watched> records_;
  std::set<std::string> ended_;  // records that nobody writes any more
  std::uint64_t next_listing_ns_ = 0;
  std::vector<std::uint64_t> memory_;
  std::uint32_t looks_ = 0;
  bool shim_told_ = false;
};

}  // namespace gridlock::observe
